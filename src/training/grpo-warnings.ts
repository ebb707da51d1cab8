/** A step's numbers, as training_log.jsonl has them. */
type Step = Readonly<Record<string, number>>;

/** What of the settings an advice names. */
export interface Advised {
  readonly beta: number;
  readonly learning_rate: number;
  readonly num_generations: number;
  readonly temperature: number;
  readonly max_completion_length: number;
}

/** Of the steps, those at either end that are compared; one at least. */
const TAIL = 0.2;
/** Steps below which a curve says nothing. */
const FEW = 10;
/** Nats a token: the policy gives what it says 1.6 times the probability that the reference does. */
const FAR = 0.5;
/** Of a completion's runs of three tokens, those that it has said before. */
const REPEATED = 0.3;
/** Of groups, those without a gradient. */
const EQUAL = 0.8;
/** Of completions. */
const CUT = 0.2;
/** Standard errors that a mean has to move by, to have moved. */
const CLEAR = 2;

/**
 * What the curves of a GRPO training say that a person should know, each with the lines of the recipe that would change
 * it: the policy ran away from its reference, the reward did not rise or fell, completions repeat themselves or are cut,
 * or an earlier checkpoint was better on the held-out questions.
 */
export function grpoWarnings(log: readonly Step[], settings: Advised): string[] {
  const size = Math.max(1, Math.round(log.length * TAIL));
  const of = (name: string, steps: readonly Step[]): number[] => steps.flatMap((step) => step[name] ?? []);
  const last = (name: string): number => mean(of(name, log.slice(-size)));
  const { beta, learning_rate: rate, num_generations: group, temperature, max_completion_length: length } = settings;
  const warnings: string[] = [];
  if (last("kl") > FAR) {
    warnings.push(
      `the KL to the reference came to ${last("kl").toFixed(2)} a token: beta: ${beta === 0 ? 0.04 : 2 * beta} or learning_rate: ${rate / 2} holds the policy closer (${beta} and ${rate} now).`,
    );
  }
  const moved = log.length < FEW ? null : changeOf(of("reward", log.slice(0, size)), of("reward", log.slice(-size)));
  if (moved !== null && moved.by < -moved.noise) {
    warnings.push(
      `the reward fell from ${moved.from.toFixed(2)} to ${moved.to.toFixed(2)}: learning_rate: ${rate / 2}, or a larger beta than ${beta}.`,
    );
  } else if (moved !== null && moved.by < moved.noise && last("frac_reward_zero_std") > EQUAL) {
    warnings.push(
      `the reward stayed at ${moved.to.toFixed(2)}, and in ${percent(last("frac_reward_zero_std"))} of the groups all completions are worth the same: num_generations: ${2 * group} or a higher temperature than ${temperature} makes them differ.`,
    );
  } else if (moved !== null && moved.by < moved.noise) {
    warnings.push(
      `the reward stayed flat, ${moved.from.toFixed(2)} at the start and ${moved.to.toFixed(2)} at the end: learning_rate: ${2 * rate}, more steps (max_steps or num_train_epochs), or num_generations: ${2 * group}.`,
    );
  }
  if (last("repetition") > REPEATED) {
    warnings.push(
      `completions repeat themselves (${percent(last("repetition"))} of their runs of three tokens): beta: ${beta === 0 ? 0.04 : 2 * beta}, or a smaller max_completion_length than ${length}.`,
    );
  }
  if (last("cut_share") > CUT) {
    warnings.push(
      `${percent(last("cut_share"))} of the completions are cut at ${length} tokens: max_completion_length: ${2 * length}.`,
    );
  }
  const validated = of("val_reward", log);
  const best = Math.max(...validated);
  if (validated.length > 1 && best > validated.at(-1)!) {
    warnings.push(
      `on the held-out questions an earlier checkpoint was better, ${best.toFixed(3)} against ${validated.at(-1)!.toFixed(3)} at the end: best/ has it.`,
    );
  }
  return warnings;
}

/** How far a mean moved, and how far it had to, to have moved; null where there is nothing to compare. */
function changeOf(before: readonly number[], after: readonly number[]) {
  if (before.length === 0 || after.length === 0) return null;
  const [from, to] = [mean(before), mean(after)];
  return { from, to, by: to - from, noise: CLEAR * Math.hypot(standardError(before), standardError(after)) };
}

/** NaN of none: no comparison with it holds. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, each) => sum + (each - centre) ** 2, 0);
  return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

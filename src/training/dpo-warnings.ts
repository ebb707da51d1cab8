/** A step's numbers, as training_log.jsonl has them. */
type Step = Readonly<Record<string, number>>;

/** Of the steps, those at the end that a training is judged by; one at least. */
const TAIL = 0.2;
/** Of an implicit reward: noise of a step's few rows is no fall. */
const FALLEN = 0.02;
/** Loss of sigmoid DPO at a margin of 3 and more: there is nothing left to learn from the rows. */
const MEMORISED = 0.05;

/**
 * What the curves of a DPO training say that a person should know: the chosen texts became less likely than they were
 * at its start, where their implicit reward is 0 by definition (Pal et al. 2024, arXiv 2402.13228); or every pair is
 * told apart with hardly any loss, which a small set is when it is known by heart.
 */
export function dpoWarnings(log: readonly Step[], rows: number): string[] {
  const tail = log.slice(-Math.max(1, Math.round(log.length * TAIL)));
  const mean = (name: string): number | null => {
    const known = tail.flatMap((step) => step[name] ?? []);
    return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
  };
  const [chosen, loss, accuracy] = [mean("reward_chosen"), mean("loss"), mean("accuracy")];
  const warnings: string[] = [];
  if (chosen !== null && chosen < -FALLEN) {
    warnings.push(
      `the reward of the chosen texts fell to ${chosen.toFixed(2)}, from 0 at the start: they too became less likely; ` +
        'a term "sft" in loss_type, a larger beta or a smaller learning rate holds them.',
    );
  }
  if (accuracy === 1 && loss !== null && loss < MEMORISED) {
    warnings.push(
      `its ${rows} pairs are memorised: all are told apart at a loss of ${loss.toFixed(3)}; more pairs, or fewer passes over them, are needed.`,
    );
  }
  return warnings;
}

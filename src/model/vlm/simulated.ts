import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { StepFailure } from "../../failure.ts";
import type { Simulate } from "../../recipe/common.ts";
import { rng, seedFor } from "../../seed.ts";
import type { AnswerItem, Completion, Message, SampledItem, SampleItem, VlmBackend } from "./backend.ts";

/** What a simulated policy asks for. */
const ASKS = ["from behind", "from the left", "from the right", "from above", "from a low camera", "closer"];

/** What a prompt says that wants a number: a simulated critic replies with one from this range. */
const NUMBERS = [
  { asked: /from 1\b[^.]*\bto 10\b/i, low: 1, high: 10 },
  { asked: /from -2\b[^.]*\bto 2\b/i, low: -2, high: 2 },
];

/** What a prompt says that wants to know whether something is true. */
const TRUTH = /\btrue or false\b/i;
/** Answers that a prompt offers, each as it wants it: a simulated policy thinks and gives one, or forgets to. */
const OFFERED = /<answer>[^<]+<\/answer>/g;
/** How often it forgets. */
const FORGETS = 0.1;

/** What it says instead where an unreadable score is injected; another wording is another draw. */
const UNREADABLE = "It depends.";

/**
 * A VLM without a model: what it says derives from the seed, the policy's digest and the pixels, so that a run of it
 * tells whether the loop is durable, in seconds and without Python. It learns nothing.
 */
export function createSimulatedVlm(serving: string, simulate: Simulate): VlmBackend {
  const faults = simulate?.faults;
  return {
    async sample(items, _sampling, options): Promise<SampledItem[]> {
      const results: SampledItem[] = [];
      for (const [place, item] of items.entries()) {
        options.signal.throwIfAborted();
        const seen = await fingerprint(item.messages);
        const poison = faults?.poison_questions.find((text) => textOf(item.messages).includes(text));
        if (poison !== undefined) {
          throw new StepFailure("ChildCrashed", `The simulated planner died at the question that says "${poison}".`);
        }
        results.push({
          prompt_digest: createHash("sha256").update(textOf(item.messages)).digest("hex"),
          completions: item.seeds.map((seed) => complete(seedFor(serving, seen, seed), item, faults)),
        });
        options.onProgress(place + 1, items.length);
      }
      return results;
    },
    async logprob(items, options) {
      const results = [];
      for (const [place, item] of items.entries()) {
        options.signal.throwIfAborted();
        results.push(await answer(serving, item, faults));
        options.onProgress(place + 1, items.length);
      }
      return results;
    },
  };
}

type Faults = NonNullable<Simulate>["faults"] | undefined;

function complete(seed: string, item: SampleItem, faults: Faults): Completion {
  const next = rng(seed);
  // Only the planner is given a system prompt; who is asked without one is asked for an answer.
  const plans = item.messages.some((message) => message.role === "system");
  const range = plans ? undefined : NUMBERS.find(({ asked }) => asked.test(textOf(item.messages)));
  if (range) return saying(numberText(next, range, faults), -1);
  const asked = plans ? "" : textOf(item.messages);
  const offered = asked.match(OFFERED);
  const text = plans
    ? planText(next, faults)
    : offered
      ? judgement(next, offered)
      : TRUTH.test(asked)
        ? truth(next)
        : letter(next);
  const unreadable = !plans && next() < (faults?.unreadable_score_share ?? 0);
  const logprob = faults?.constant_score ? -1 : -2 * next();
  return saying(text, unreadable ? Number.NaN : logprob);
}

function saying(text: string, logprob: number): Completion {
  return {
    text,
    finish: "stop",
    tokens: text.length,
    mean_logprob: logprob,
    retokenized_equal: true,
  };
}

function planText(next: () => number, faults: Faults): string {
  const draw = next();
  const malformed = faults?.malformed_share ?? 0;
  const empty = draw < malformed + (faults?.empty_share ?? 0);
  const asks = Array.from({ length: 1 + Math.floor(next() * 2) }, () => ASKS[Math.floor(next() * ASKS.length)]!);
  const inside = asks.map((ask) => `<instruction>Show the scene ${ask}.</instruction>`).join("");
  const plan = `<thinking>What is asked is hidden.</thinking><instructions>${empty ? "" : inside}</instructions>`;
  return draw < malformed ? plan.slice(0, -"</instructions>".length) : plan;
}

function numberText(next: () => number, { low, high }: { low: number; high: number }, faults: Faults): string {
  if (next() < (faults?.unreadable_score_share ?? 0)) return UNREADABLE;
  return String(faults?.constant_score ? high : low + Math.floor(next() * (high - low + 1)));
}

function truth(next: () => number): string {
  return next() < 0.5 ? "True" : "False";
}

function judgement(next: () => number, offered: readonly string[]): string {
  const seen = Math.floor(next() * 1000);
  const given = offered[Math.floor(next() * offered.length)]!;
  return `<think>Looked at ${seen} points.</think>${next() < FORGETS ? "" : given}`;
}

function letter(next: () => number): string {
  return "ABCD"[Math.floor(next() * 4)]!;
}

async function answer(serving: string, item: AnswerItem, faults: Faults) {
  const next = rng(seedFor(serving, await fingerprint(item.messages), item.answer));
  const readable = next() >= (faults?.unreadable_score_share ?? 0);
  const logprob = readable ? (faults?.constant_score ? -1 : -3 * next()) : Number.NaN;
  return { tokens: 1, mean_logprob: logprob, sum_logprob: logprob };
}

function textOf(messages: readonly Message[]): string {
  return messages
    .flatMap((message) => message.content.map((part) => (part.type === "text" ? part.text : "<image>")))
    .join("\n");
}

/** Images count by their bytes: the same view in another folder must be the same view. */
async function fingerprint(messages: readonly Message[]): Promise<string> {
  const hash = createHash("sha256").update(textOf(messages));
  for (const part of messages.flatMap((message) => message.content)) {
    if (part.type === "image")
      hash.update(
        createHash("sha256")
          .update(await readFile(part.image))
          .digest(),
      );
  }
  return hash.digest("hex");
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { count, plural } from "../../../numbers.ts";
import { StepFailure } from "../../../failure.ts";
import { checkAdapter } from "../../../model/adapter.ts";
import { checkModel } from "../../../model/checkpoint.ts";
import { failedScore } from "./failed-score.ts";
import { type Read, readRows, readValue } from "./files.ts";
import { type ForeignQuestion, readForeign } from "./foreign-rows.ts";
import { type ImageRoots, type LackingView, lackingOf, lackingViews } from "./images.ts";
import { type KeptPair, sortPairs } from "./pairs.ts";
import { type Evidence, sampledBy } from "./sampled-by.ts";

type Row = Readonly<Record<string, unknown>>;

/** What was found of an iteration. */
export interface Examined {
  readonly iteration: number;
  /** Absolute. */
  readonly folder: string;
  readonly questions: readonly ForeignQuestion[];
  readonly views: number;
  /** Views that were asked for and are missing or broken. */
  readonly lacking: readonly LackingView[];
  /** Pairs in its file, and those whose samples were measured. */
  readonly pairs: number;
  readonly kept: readonly KeptPair[];
  /** Sentences: what makes it untrustworthy, and what is worth knowing. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /** The policy that it made, as its summary names it, and whether adapter or checkpoint are whole. */
  readonly policy: string | undefined;
  readonly usable: boolean;
}

export interface ExamineInput {
  readonly run: string;
  readonly iteration: number;
  readonly evidence: Evidence;
  /** Ids of its shard; null where the folder does not say. */
  readonly shard: ReadonlySet<string> | null;
  readonly method: string | undefined;
  readonly roots: ImageRoots;
  readonly system: string;
  /** Pairs of this and all earlier iterations must be in dpo_accumulated.json; how many the earlier ones have. */
  readonly earlierPairs: number;
}

/** Above this share of pairs that stand on no measurement, what is left was chosen by failures. */
const MOST_LEFT_OUT = 0.5;

/** Reads and checks one iteration of a run folder. */
export async function examine(input: ExamineInput): Promise<Examined> {
  const { run, iteration, roots, method, system } = input;
  const folder = join(run, `iter_${iteration}`);
  const problems: string[] = [];
  const notes: string[] = [];
  const take = <T>(name: string, { found, problem }: Read<T>): T | null => {
    if (problem !== undefined) problems.push(`${name} ${problem}.`);
    return found;
  };
  const rollouts = readForeign(take("rollouts.jsonl", await readRows(join(folder, "rollouts.jsonl"))) ?? []);
  const questions = readForeign(take("labeled.jsonl", await readRows(join(folder, "labeled.jsonl"))) ?? []);
  const rows = take("dpo_pairs.json", await readValue<Row[]>(join(folder, "dpo_pairs.json"))) ?? [];
  problems.push(...unlabelled(rollouts, questions), ...foreign(questions, input.shard));
  const sampled = sampledBy(iteration, questions, input.evidence);
  if (sampled !== null && "problem" in sampled) problems.push(sampled.problem);
  else if (sampled !== null) notes.push(sampled.note);

  const lacking = await lackingViews(folder, questions);
  const lacks = lackingOf(lacking);
  const [first] = lacking;
  if (first) notes.push(`${plural(lacking.length, "view")} cannot be used: ${first.file} ${first.why}.`);
  notes.push(...failures(questions, method, lacks));
  const { kept, left } = sortPairs(rows, { iteration, questions, lacking: lacks, method, roots, system });
  for (const [why, many] of left) notes.push(`${plural(many, "pair")} left out: ${why}.`);
  if (kept.length < rows.length * (1 - MOST_LEFT_OUT)) {
    problems.push(`only ${count(kept.length)} of its ${plural(rows.length, "pair")} can be kept.`);
  }
  const unpaired = withoutPair(questions, rows.length);
  if (unpaired !== undefined) problems.push(unpaired);
  const accumulated = await readValue<Row[]>(join(folder, "dpo_accumulated.json"));
  const together = input.earlierPairs + rows.length;
  if (accumulated.found !== null && accumulated.found.length !== together) {
    notes.push(
      `dpo_accumulated.json has ${plural(accumulated.found.length, "pair")}, and the iterations so far have ${count(together)}: its policy was trained on others.`,
    );
  }
  const policy = await policyProblems(run, iteration);
  notes.push(...policy);
  const summary = (await readValue<Row>(join(folder, "summary.json"))).found;
  return {
    iteration,
    folder,
    questions,
    views: questions.flatMap(({ samples }) => samples).reduce((sum, each) => sum + each.instructions.length, 0),
    lacking,
    pairs: rows.length,
    kept,
    problems,
    notes,
    policy: typeof summary?.["policy"] === "string" ? summary["policy"] : undefined,
    usable: policy.length === 0,
  };
}

function unlabelled(rollouts: readonly ForeignQuestion[], labelled: readonly ForeignQuestion[]): string[] {
  const known = new Set(labelled.map(({ id }) => id));
  const missing = rollouts.filter(({ id }) => !known.has(id));
  const [first] = missing;
  if (first === undefined) return [];
  return [`in rollouts.jsonl and not in labeled.jsonl: ${plural(missing.length, "question")}, "${first.id}" first.`];
}

/** Questions of other iterations: what they teach is held against a policy that has seen them. */
function foreign(questions: readonly ForeignQuestion[], shard: ReadonlySet<string> | null): string[] {
  if (shard === null) return [];
  const others = questions.filter(({ id }) => !shard.has(id));
  const [first] = others;
  return first === undefined ? [] : [`not of its shard: ${plural(others.length, "question")}, "${first.id}" first.`];
}

/** Scores that are no measurement, by what failed. */
function failures(
  questions: readonly ForeignQuestion[],
  method: string | undefined,
  lacks: (question: string, rollout: number) => number,
): string[] {
  const scored = questions.flatMap(({ id, samples }) => samples.map((sample) => ({ id, sample })));
  const reasons = scored.flatMap(({ id, sample }) => failedScore(sample, method, lacks(id, sample.rollout)) ?? []);
  return [...Map.groupBy(reasons, (reason) => reason)].map(
    ([reason, { length }]) =>
      `${count(length)} of ${plural(scored.length, "sample")} ${length === 1 ? "is" : "are"} ${reason}.`,
  );
}

/** The scripts pair every question whose scores differ. */
function withoutPair(questions: readonly ForeignQuestion[], pairs: number): string | undefined {
  const differing = questions.filter(
    ({ samples }) => new Set(samples.flatMap(({ score }) => (score === null ? [] : [score]))).size > 1,
  );
  if (pairs > 0 || differing.length === 0) return undefined;
  return `there is no pair, although the scores of ${plural(differing.length, "question")} differ.`;
}

/** What is wrong with the adapter and the merged checkpoint, where they are there. */
async function policyProblems(run: string, iteration: number): Promise<string[]> {
  const [adapter, merged] = ["model_lora", "model_merged"].map((name) => join(`iter_${iteration}`, name));
  const asked = [
    { name: adapter!, check: () => checkAdapter("its", "transformers", run, adapter!) },
    { name: merged!, check: () => checkModel({ field: "its model", backend: "transformers" }, run, merged!) },
  ];
  const there = asked.filter(({ name }) => existsSync(join(run, name)));
  if (there.length === 0) return ["it has no policy: neither model_lora nor model_merged is there."];
  const problems: string[] = [];
  for (const { check } of there) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      problems.push(error.message.replace("its.adapter", "its adapter"));
    }
  }
  return problems;
}

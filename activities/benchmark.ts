import { join } from "node:path";
import { readAllJsonLines, writeJsonLines } from "../src/artifact/files.ts";
import { canonicalDigest } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import { servingParams } from "../src/benchmark/keys.ts";
import type { Benchmark } from "../src/benchmark/benchmark.ts";
import { benchmarkOf } from "../src/benchmark/index.ts";
import { type AnsweredRow, type AnswerStatus, type JudgedRow, judgeRow, statusCounts } from "../src/benchmark/rows.ts";
import { partOf, type Score } from "../src/benchmark/scores.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { AnswerInput, AskedBenchmark, Draws, MeasureInput, Serving } from "../src/contract/benchmark.ts";
import type { Measurement, ScoreRow } from "../src/contract/measurement.ts";
import type { ImportedQuestion } from "../src/dataset/question.ts";
import type { Sampling } from "../src/model/vlm/backend.ts";
import { madeInputs, policyDigest } from "../src/run/policy.ts";
import { readRecipe, remembering } from "../src/run/recipe-file.ts";
import { seedFor } from "../src/seed.ts";
import { SCORES_FILE, scoresOf } from "../src/statistics/scores.ts";
import type { ActivityDeps } from "./deps.ts";
import { type Given, givenFolders, onGiven } from "./given.ts";
import { fittedBatches } from "./fitted.ts";
import { servePolicy } from "./serving.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of an answer, or of a measurement, changes. */
const ANSWER_VERSION = 1;
const MEASURE_VERSION = 2;

/** The only split of a benchmark: nobody chooses anything by it. */
const SPLIT = "test";

const items = remembering<ImportedQuestion[]>();

function itemsOf({ store }: ActivityDeps, asked: AskedBenchmark): Promise<ImportedQuestion[]> {
  return items(asked.items.sha256, async () =>
    readAllJsonLines<ImportedQuestion>(join(await store.open(asked.items), "items.jsonl")),
  );
}

/**
 * A policy answers a chunk of a benchmark's items: each once and greedily, or by several draws. How answers are judged
 * is not in the key: another reader finds them where they are.
 */
export async function answerItems(deps: ActivityDeps, context: StepContext, input: AnswerInput): Promise<ArtifactRef> {
  const { asked, policy, serving, draws, chunk } = input;
  const benchmark = benchmarkOf(asked.benchmark);
  const settings = benchmark.settings.parse(asked.settings);
  const all = await itemsOf(deps, asked);
  const own = all.slice(chunk.from, chunk.from + chunk.count);
  const reasons = new Map(chunk.poisoned?.map((each) => [each.place, each.reason]));
  const wanted = own.filter((_, place) => !reasons.has(place) && (chunk.only === undefined || chunk.only === place));
  const digest = policyDigest(policy);
  const { recipe } = await readRecipe(deps.store, input.run);
  // Images count by their bytes, so these stand where their paths will.
  const asking = wanted.map((item) => [item.id, benchmark.ask(item, item.image_digests, settings)]);
  const recipeOf = {
    step: "answer-items",
    version: ANSWER_VERSION,
    params: {
      ...servingParams(serving),
      ...(draws && { draws }),
      poisoned: [...reasons.keys()].map((place) => own[place]!.id),
      pretended: serving.backend === "simulated" ? (recipe.simulate?.faults ?? null) : null,
    },
    inputs: [canonicalDigest(asking), digest, ...madeInputs(policy)],
  };
  const given: Given = {
    models: serving.backend === "simulated" ? [] : givenFolders([policy]),
    images: {
      folder: asked.images,
      digests: new Map(
        wanted.flatMap((item) => item.images.map((name, at) => [name, item.image_digests[at]!] as const)),
      ),
    },
  };
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
    const prompts = wanted.map((item) => ({
      messages: benchmark.ask(
        item,
        item.images.map((name) => join(deps.root, asked.images, name)),
        settings,
      ),
      seeds: seedsOf(item.id, draws),
    }));
    const fitted = fittedBatches();
    const replies = await servePolicy(
      deps,
      context,
      { ...input, recipe, doing: "answer", unchanged, fitted },
      (vlm, options) => vlm.sample(prompts, samplingOf(serving, draws), options),
    );
    const rows: AnsweredRow[] = wanted.flatMap(({ id }, place) => {
      const { completions, prompt_digest } = replies[place]!;
      return completions.map(({ text, finish }, at) => ({
        id,
        policy: digest,
        ...numbered(draws, at),
        text,
        finish,
        prompt_digest,
      }));
    });
    for (const [place, reason] of reasons) {
      for (let at = 0; at < (draws?.count ?? 1); at++)
        rows.push({ id: own[place]!.id, policy: digest, ...numbered(draws, at), reason });
    }
    await writeJsonLines(join(folder, "answers.jsonl"), rows);
    return { rows: rows.length, ...fitted.notes() };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return ref;
}

const GREEDY = { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1 };

function samplingOf({ max_new_tokens }: Pick<Serving, "max_new_tokens">, draws: Draws | undefined): Sampling {
  return { ...(draws?.sampling ?? GREEDY), max_new_tokens };
}

/** The number of an answer among an item's, where there are several. */
function numbered(draws: Draws | undefined, at: number): { readonly draw?: number } {
  return draws === undefined ? {} : { draw: draws.from + at };
}

/** One for every answer wanted: of a draw it derives from the run's seed, the item and the answer's number. */
function seedsOf(id: string, draws: Draws | undefined): string[] {
  if (draws === undefined) return ["greedy"];
  return Array.from({ length: draws.count }, (_, at) => seedFor("draw", draws.seed, id, draws.from + at));
}

/** Judges a policy's answers: answers.jsonl with verdicts, scores.jsonl item by item, and the means with intervals. */
export async function measureAnswers(
  deps: ActivityDeps,
  _context: StepContext,
  { run, asked, answers, resamples }: MeasureInput,
): Promise<Measurement> {
  const { recipe } = await readRecipe(deps.store, run);
  const recipeOf = {
    step: "measure",
    version: MEASURE_VERSION,
    params: { benchmark: asked.benchmark, settings: asked.settings },
    inputs: [asked.items.sha256, answers.sha256],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const byId = new Map((await itemsOf(deps, asked)).map((each) => [each.id, each]));
    const answered = await readAllJsonLines<AnsweredRow>(join(await deps.store.open(answers), "rows.jsonl"));
    const { judge, measures = {}, settings: schema, scores: more = {} } = benchmarkOf(asked.benchmark);
    const settings = schema.parse(asked.settings);
    const rows = answered.map((row) => judgeRow(byId.get(row.id)!, row, (item, text) => judge(item, text, settings)));
    await writeJsonLines(join(folder, "answers.jsonl"), rows);
    await writeJsonLines(
      join(folder, SCORES_FILE),
      rows.map((row) => scoreRow(row, byId.get(row.id)!, { more, measures })),
    );
    return { rows: rows.length };
  });
  const folder = await deps.store.open(ref);
  const rows = await readAllJsonLines<ScoreRow>(join(folder, SCORES_FILE));
  const judged = await readAllJsonLines<JudgedRow>(join(folder, "answers.jsonl"));
  const options = { seed: seedFor("measure", recipe.seed), resamples };
  return {
    benchmark: asked.name,
    variant: variantOf(asked),
    split: SPLIT,
    scores: scoresOf(rows, ["accuracy", "unparseable", ...namedScores(asked)], SPLIT, options),
    items: rows.length,
    counts: statusCounts(judged),
    rows: ref,
  };
}

function variantOf({ benchmark: name, settings }: AskedBenchmark): string {
  const benchmark = benchmarkOf(name);
  return benchmark.variant(benchmark.settings.parse(settings));
}

function namedScores({ benchmark }: AskedBenchmark): string[] {
  const { scores = {}, measures = {} } = benchmarkOf(benchmark);
  return [...Object.keys(scores), ...Object.keys(measures)];
}

/**
 * @param more the benchmark's scores beside the accuracy: right answers, too, of the items that count in them
 * @param measures what else it measures of an answer
 */
function scoreRow(
  row: JudgedRow,
  item: ImportedQuestion,
  { more, measures }: { more: Readonly<Record<string, Score>>; measures: NonNullable<Benchmark["measures"]> },
): ScoreRow {
  const { id, group, type, truth, text, said, status } = row;
  const is = (wanted: AnswerStatus): number | null => (text === null ? null : Number(status === wanted));
  const measured = Object.entries(measures).map(([name, of]) => [
    name,
    text === null ? null : of({ truth, text, said }),
  ]);
  const scores = { accuracy: is("right"), unparseable: is("unparseable"), ...Object.fromEntries(measured) };
  const parts = Object.entries(more).flatMap(([name, score]) => {
    const part = partOf(score, item);
    return part === undefined ? [] : [[name, part] as const];
  });
  const about = { id, group, type, split: SPLIT };
  if (parts.length === 0) return { ...about, scores };
  const also = Object.fromEntries(parts.map(([name]) => [name, scores.accuracy]));
  return { ...about, scores: { ...scores, ...also }, parts: Object.fromEntries(parts) };
}

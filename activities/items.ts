import { join } from "node:path";
import { writeJsonLines } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import { benchmarkOf } from "../src/benchmark/index.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { AskedBenchmark, Asking } from "../src/contract/benchmark.ts";
import { importImages } from "../src/dataset/import-images.ts";
import { type LoadedQuestions, loadQuestions } from "../src/dataset/questions.ts";
import { MAX_PROBLEMS, rowFailure } from "../src/dataset/problems.ts";
import { rowsDigest } from "../src/dataset/rows-digest.ts";
import { imageFolder, questionFile } from "../src/dataset/source.ts";
import { type BenchmarkBlock, type MeasuringRecipe, nameOf } from "../src/measuring/recipe.ts";
import type { CommonRecipe } from "../src/recipe/common.ts";
import { seedFor } from "../src/seed.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of an imported item changes. */
const RESULT_VERSION = 1;

interface WantedItems {
  readonly benchmark: string;
  readonly data: BenchmarkBlock["data"];
  /** Ask at most so many, chosen by the seed. */
  readonly most: number | undefined;
  readonly seed: number;
}

/**
 * Reads a benchmark's questions and every image, and keeps them with the images' digests as items.jsonl.
 * @throws {StepFailure} BadInput naming the first row that cannot be asked or judged
 */
async function importItems(
  deps: ActivityDeps,
  context: StepContext,
  { benchmark, data, most, seed }: WantedItems,
): Promise<ArtifactRef> {
  const loaded = await loadQuestions(questionFile(deps.root, data, benchmarkOf(benchmark).set));
  refuseUnjudged(benchmark, data.path, loaded);
  const asked = arranged(benchmark, chosen(loaded, most, seed), seed);
  const { images, nameOf } = await importImages(
    imageFolder(deps.root, data, deps.state),
    { name: data.path, ...asked },
    { signal: context.signal, onProgress: (done, total) => context.report({ doing: "check images", done, total }) },
  );
  refuseUnjudged(benchmark, data.path, asked, (name) => images.get(nameOf(name))!.pixels);
  const items = asked.questions.map((each) => {
    const names = each.images.map(nameOf);
    return { ...each, images: names, image_digests: names.map((name) => images.get(name)!.bytes) };
  });
  const recipeOf = { step: "items", version: RESULT_VERSION, params: { rows: rowsDigest(items) }, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    return { rows: await writeJsonLines(join(folder, "items.jsonl"), items) };
  });
  return ref;
}

/**
 * Imports every benchmark of a recipe, and says how policies are asked them.
 * @throws {StepFailure} BadInput naming the first row that cannot be asked or judged
 */
export async function askingOf(
  deps: ActivityDeps,
  context: StepContext,
  recipe: MeasuringRecipe & Pick<CommonRecipe, "chunk" | "seed">,
): Promise<Asking> {
  const benchmarks: AskedBenchmark[] = [];
  for (const each of recipe.benchmarks) {
    const { benchmark, data, max_questions: most, settings } = each;
    const items = await importItems(deps, context, { benchmark, data, most, seed: recipe.seed });
    benchmarks.push({ name: nameOf(each), benchmark, settings, images: data.image_root, items, count: items.rows });
  }
  const { dtype: _, ...serving } = recipe.answering;
  return {
    benchmarks,
    serving,
    chunk: { questions: recipe.chunk.questions, window: recipe.chunk.window },
    resamples: recipe.bootstrap_resamples,
    maxQuarantinedShare: recipe.max_quarantined_share,
    seed: recipe.seed,
  };
}

function arranged(benchmark: string, { questions, rows }: LoadedQuestions, seed: number): LoadedQuestions {
  const { arranged: of } = benchmarkOf(benchmark);
  return of === undefined ? { questions, rows } : { questions: questions.map((each) => of(each, seed)), rows };
}

/** @param pixelsOf digests of images' pixels, once they were looked at */
function refuseUnjudged(
  benchmark: string,
  name: string,
  { questions, rows }: LoadedQuestions,
  pixelsOf?: (image: string) => string,
): void {
  const { problem } = benchmarkOf(benchmark);
  const problems = questions.flatMap((each, at) => {
    const what = problem(each, pixelsOf && each.images.map(pixelsOf));
    return what === undefined ? [] : [{ row: rows[at]!, id: each.id, problem: `${what}, which ${benchmark} needs` }];
  });
  if (problems.length > 0) throw rowFailure(name, problems.slice(0, MAX_PROBLEMS));
}

/** The same questions for the same seed, in whatever order the file has them; in the file's order. */
function chosen({ questions, rows }: LoadedQuestions, most: number | undefined, seed: number): LoadedQuestions {
  if (most === undefined || most >= questions.length) return { questions, rows };
  const drawn = questions
    .map(({ id }, at) => ({ at, hash: seedFor(seed, "item", id) }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, most)
    .map(({ at }) => at)
    .toSorted((a, b) => a - b);
  return { questions: drawn.map((at) => questions[at]!), rows: drawn.map((at) => rows[at]!) };
}

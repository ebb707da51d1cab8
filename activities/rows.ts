import { join } from "node:path";
import { readAllJsonLines, writeJson, writeJsonLines } from "../src/artifact/files.ts";
import { canonicalDigest } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { Account } from "../src/contract/account.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { AskedBenchmark } from "../src/contract/benchmark.ts";
import { importImages } from "../src/dataset/import-images.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "../src/dataset/problems.ts";
import type { ImportedQuestion } from "../src/dataset/question.ts";
import type { Examples } from "../src/dataset/sets/example.ts";
import { mix } from "../src/dataset/sets/mix.ts";
import { type TrainingKind, usableExamples } from "../src/dataset/sets/usable.ts";
import { imageFolder } from "../src/dataset/source.ts";
import { StepFailure } from "../src/failure.ts";
import type { BenchmarkBlock } from "../src/measuring/recipe.ts";
import { type Mixture, type SetBlock, setName } from "../src/recipe/parts/mixture.ts";
import { IMAGES_FILE, imageDigests, type TrainRow } from "../src/training/algorithm.ts";
import { algorithmOf } from "../src/training/index.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of an imported row changes. */
const RESULT_VERSION = 1;

/** What a stage trains on, and what became of every example of its sets. */
export interface ImportedRows {
  readonly ref: ArtifactRef;
  readonly account: Account;
}

/** Digests of the pixels that benchmarks show: no training may see them. */
export type HeldOut = ReadonlySet<string>;

/** The pictures of every benchmark, whose items were looked at when they were imported. */
export async function heldOutPictures(
  deps: ActivityDeps,
  context: StepContext,
  blocks: readonly BenchmarkBlock[],
  asked: readonly AskedBenchmark[],
): Promise<HeldOut> {
  const pixels = new Set<string>();
  for (const [at, { items }] of asked.entries()) {
    const { data } = blocks[at]!;
    const questions = await readAllJsonLines<ImportedQuestion>(join(await deps.store.open(items), "items.jsonl"));
    const owners = { name: data.path, questions, rows: questions.map((_, row) => row + 1) };
    const { images } = await importImages(imageFolder(deps.root, data, deps.state), owners, {
      signal: context.signal,
      onProgress: (done, total) => context.report({ doing: "check images", done, total }),
    });
    for (const image of images.values()) pixels.add(image.pixels);
  }
  return pixels;
}

/** What a stage learns from, and how an example of it becomes a row. */
export interface WantedRows<K extends TrainingKind> {
  /** What accounts call it. */
  readonly stage: string;
  readonly kind: K;
  readonly algorithm: string;
  readonly block: Mixture;
  readonly seed: number;
  /** Why a whole example cannot be trained on, as the end of a sentence. */
  readonly check?: (example: Examples[K]) => string | null;
  readonly rowOf: (example: Examples[K]) => TrainRow;
  readonly heldOut: HeldOut;
}

/**
 * Reads every set of a stage, leaves out what must not or cannot be trained on, mixes the rest, and keeps it.
 * @throws {StepFailure} BadInput naming the first row that cannot be used, unless the set leaves such rows out
 */
export async function importRows<K extends TrainingKind>(
  deps: ActivityDeps,
  context: StepContext,
  wanted: WantedRows<K>,
): Promise<ImportedRows> {
  const { stage, algorithm, block, seed, rowOf } = wanted;
  const bad: (RowProblem & { readonly set: string })[] = [];
  const parts = { trained: 0, "not in the mixture": 0, "with a picture of a benchmark": 0, "not usable": 0 };
  const sets = [];
  for (const set of block.data) {
    const { examples, problems, leaked } = await readSet(deps, context, set, wanted);
    parts["not usable"] += problems.length;
    parts["with a picture of a benchmark"] += leaked;
    bad.push(...problems.map((problem) => ({ set: setName(set), ...problem })));
    sets.push({ name: setName(set), examples, weight: set.weight, limit: set.limit });
  }
  refuseNothing(stage, sets);
  const mixed = mix(sets, { seed, total: block.rows });
  const total = sets.reduce((sum, { examples }) => sum + examples.length, 0);
  parts.trained = mixed.length;
  parts["not in the mixture"] = total - mixed.length;
  const account: Account = {
    of: `example of ${stage}`,
    total: total + bad.length + parts["with a picture of a benchmark"],
    parts,
  };
  const rows = mixed.map(({ set, example: { digests: _, ...example } }) =>
    rowOf({ ...example, id: `${set}/${example.id}` } as unknown as Examples[K]),
  );
  const digests = Object.assign({}, ...mixed.map(({ example }) => example.digests)) as Record<string, string>;
  const images = imageDigests(rows, (name) => digests[name]);
  const params = {
    stage,
    rows: canonicalDigest(rows),
    images: canonicalDigest(images),
    account,
    bad: canonicalDigest(bad),
  };
  const recipeOf = { step: "training-rows", version: RESULT_VERSION, params, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, algorithmOf(algorithm).files.rows), rows);
    await writeJson(join(folder, IMAGES_FILE), images);
    await writeJson(join(folder, "account.json"), account);
    await writeJsonLines(join(folder, "not_usable.jsonl"), bad);
    return { rows: rows.length };
  });
  return { ref, account };
}

async function readSet<K extends TrainingKind>(
  deps: ActivityDeps,
  context: StepContext,
  set: SetBlock,
  { kind, check, heldOut }: WantedRows<K>,
) {
  const { path, format, image_root: root } = set;
  const folder = imageFolder(deps.root, set, deps.state);
  const { examples, images, problems } = await usableExamples(deps.root, { path, format }, kind, folder, {
    signal: context.signal,
    onProgress: (done, total) => context.report({ doing: `check images of ${setName(set)}`, done, total }),
    ...(check && { check }),
  });
  if (set.bad_rows === "refuse" && problems.length > 0) throw rowFailure(path, problems.slice(0, MAX_PROBLEMS));
  const shown = examples.filter(({ image }) => image.every((name) => !heldOut.has(images.get(name)!.pixels)));
  const named = shown.map((example) => {
    // Sets of one mixture have their images in several folders; the trainer is given one.
    const below = example.image.map((name) => [join(root, name), images.get(name)!.bytes] as const);
    const image = below.map(([name]) => name);
    return { ...example, image, digests: Object.fromEntries(below) as Readonly<Record<string, string>> };
  });
  return { examples: named, problems, leaked: examples.length - shown.length };
}

function refuseNothing(stage: string, sets: readonly { readonly examples: readonly unknown[] }[]): void {
  if (sets.some(({ examples }) => examples.length > 0)) return;
  throw new StepFailure("BadInput", `${stage}.data leaves nothing to train on: every row is left out.`);
}

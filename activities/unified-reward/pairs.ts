import { join } from "node:path";
import { writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import { pairwise } from "../../src/benchmark/pairwise.ts";
import type { Account } from "../../src/contract/account.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "../../src/dataset/problems.ts";
import { rowsDigest } from "../../src/dataset/rows-digest.ts";
import { usableExamples } from "../../src/dataset/sets/usable.ts";
import { imageFolder } from "../../src/dataset/source.ts";
import { StepFailure } from "../../src/failure.ts";
import { chosenPairs, pairProblem } from "../../src/pipeline/unified-reward/pairs.ts";
import type { PairsBlock, Recipe } from "../../src/pipeline/unified-reward/recipe.ts";
import { setName } from "../../src/recipe/parts/mixture.ts";
import type { ActivityDeps } from "../deps.ts";
import type { HeldOut } from "../rows.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of an imported pair changes. */
const RESULT_VERSION = 1;

/** The pairs that chains are sampled for, in the order in which they are shown. */
export interface ImportedPairs {
  readonly ref: ArtifactRef;
  readonly account: Account;
}

/**
 * Reads every set of pairs, leaves out what must not or cannot be judged, draws which of a pair comes first, and keeps
 * them as items.jsonl; image names start at the worker's root.
 * @throws {StepFailure} BadInput naming the first row that cannot be used, unless the set leaves such rows out
 */
export async function importPairs(
  deps: ActivityDeps,
  context: StepContext,
  { sampling, seed }: Recipe,
  heldOut: HeldOut,
): Promise<ImportedPairs> {
  const { data, items: most } = sampling!;
  const all: ImportedQuestion[] = [];
  const bad: (RowProblem & { readonly set: string })[] = [];
  const parts = { sampled: 0, "not chosen": 0, "with a picture of a benchmark": 0, "not usable": 0 };
  for (const set of data) {
    const { items, problems, leaked } = await readPairs(deps, context, set, { seed, heldOut });
    parts["with a picture of a benchmark"] += leaked;
    bad.push(...problems.map((problem) => ({ set: setName(set), ...problem })));
    all.push(...items);
  }
  if (all.length === 0)
    throw new StepFailure("BadInput", "sampling.data leaves no pair to judge: every row is left out.");
  const taken = chosenPairs(all, most, seed);
  parts["not usable"] = bad.length;
  parts.sampled = taken.length;
  parts["not chosen"] = all.length - taken.length;
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const account: Account = { of: "pair of sampling", total, parts };
  const params = { rows: rowsDigest(taken), account, bad: canonicalDigest(bad) };
  const recipeOf = { step: "items", version: RESULT_VERSION, params, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, "account.json"), account);
    await writeJsonLines(join(folder, "not_usable.jsonl"), bad);
    return { rows: await writeJsonLines(join(folder, "items.jsonl"), taken) };
  });
  return { ref, account };
}

async function readPairs(
  deps: ActivityDeps,
  context: StepContext,
  set: PairsBlock,
  { seed, heldOut }: { readonly seed: number; readonly heldOut: HeldOut },
) {
  const { path, format, image_root: root, bad_rows } = set;
  const folder = imageFolder(deps.root, set, deps.state);
  const { examples, images, problems } = await usableExamples(deps.root, { path, format }, "item", folder, {
    signal: context.signal,
    onProgress: (done, total) => context.report({ doing: `check images of ${setName(set)}`, done, total }),
    check: pairProblem,
  });
  if (bad_rows === "refuse" && problems.length > 0) throw rowFailure(path, problems.slice(0, MAX_PROBLEMS));
  const shown = examples.filter((each) => each.images.every((name) => !heldOut.has(images.get(name)!.pixels)));
  const items = shown.map((each): ImportedQuestion => {
    const drawn = pairwise.arranged!({ ...each, id: `${setName(set)}/${each.id}` }, seed);
    const image_digests = drawn.images.map((name) => images.get(name)!.bytes);
    return { ...drawn, images: drawn.images.map((name) => join(root, name)), image_digests };
  });
  return { items, problems, leaked: examples.length - shown.length };
}

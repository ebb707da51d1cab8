import { join } from "node:path";
import { writeJson } from "../../src/artifact/files.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { PairsSummary, SelectedPairs } from "../../src/pipeline/snowball/contract/plan.ts";
import { importImages } from "../../src/dataset/import-images.ts";
import { checkLeakage, type Fingerprint } from "../../src/dataset/leakage.ts";
import { imageFolder } from "../../src/dataset/source.ts";
import { IMAGES_FILE, imageDigests } from "../../src/training/algorithm.ts";
import { middleGap } from "../../src/statistics/quantiles.ts";
import type { PairRow } from "../../src/preference/rows.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { loadPairs } from "../../src/dataset/load-pairs.ts";
import type { GivenImage } from "../../src/image/check.ts";

/** Raise when the meaning of an imported pair changes. */
const RESULT_VERSION = 2;

/** The user's own pairs, with what their images are. */
export interface OwnPairs {
  readonly pairs: readonly PairRow[];
  readonly images: ReadonlyMap<string, GivenImage>;
}

/**
 * Reads the user's own preference pairs: every row, every image.
 * @param file as the recipe names it
 */
export async function readOwnPairs(
  deps: ActivityDeps,
  context: StepContext,
  recipe: Recipe,
  file: string,
): Promise<OwnPairs> {
  const { pairs, rows } = await loadPairs(join(deps.root, file), file);
  const asked = pairs.map((pair) => ({ id: pair.id, images: pair.image }));
  const { images, nameOf } = await importImages(
    imageFolder(deps.root, recipe.data, deps.state),
    { name: file, questions: asked, rows },
    { signal: context.signal, onProgress: (done, total) => context.report({ doing: "check images", done, total }) },
  );
  return { pairs: pairs.map((pair) => ({ ...pair, image: pair.image.map(nameOf) })), images };
}

/**
 * Keeps pairs of the user's own, if they show no picture that is held out.
 * @param heldOut the questions that the trained policy will be measured on
 */
export async function importPairs(
  deps: ActivityDeps,
  { pairs, images }: OwnPairs,
  heldOut: readonly Fingerprint[],
): Promise<SelectedPairs> {
  const seen = pairs.map((pair) => ({
    questionId: `pair ${pair.id}`,
    imageDigests: pair.image.map((name) => images.get(name)!.pixels),
    text: pair.prompt,
  }));
  checkLeakage(seen, heldOut);
  const bytes = canonicalDigest(pairs.map((pair) => pair.image.map((name) => images.get(name)!.bytes)));
  const recipeOf = {
    step: "given-pairs",
    version: RESULT_VERSION,
    params: { pairs: canonicalDigest(pairs), images: bytes },
    inputs: [],
  };
  const summary = summaryOf(pairs);
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, "dpo_pairs.json"), pairs);
    await writeJson(
      join(folder, IMAGES_FILE),
      imageDigests(pairs, (name) => images.get(name)?.bytes),
    );
    await writeJson(join(folder, "ledger.json"), summary);
    return { rows: pairs.length };
  });
  return { pairs: ref, summary };
}

/** Of the user's own pairs no sample is known. */
const NO_SAMPLES = { samples: 0, view: 0, empty: 0, policy_failure: 0, quarantined: 0 };

/** Every row is a pair. */
function summaryOf(pairs: readonly PairRow[]): PairsSummary {
  const gaps = pairs.map((pair) => pair.gap);
  return {
    pairs: pairs.length,
    weak: pairs.filter((pair) => pair.weak).length,
    gapMedian: gaps.some((gap) => gap > 0) ? middleGap(gaps) : null,
    ledger: { ...NO_SAMPLES, questions: pairs.length, pairs: pairs.length, dropped: {} },
    warnings: [],
  };
}

import { join } from "node:path";
import { writeJson } from "../../src/artifact/files.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { CheckedTraining, CheckOwn } from "../../src/contract/check.ts";
import type { RunPlan } from "../../src/contract/run.ts";
import { StepFailure } from "../../src/failure.ts";
import type { SnowballPlan } from "../../src/pipeline/snowball/contract/plan.ts";
import { question, readRun, type RunFiles } from "../../src/pipeline/snowball/files.ts";
import { rolloutParams } from "../../src/pipeline/snowball/keys.ts";
import { pairPrompt } from "../../src/prompt/messages.ts";
import { IMAGES_FILE, imageDigests } from "../../src/training/algorithm.ts";
import { algorithmOf } from "../../src/training/index.ts";
import { openToCheck } from "../check.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openSnowball } from "./open.ts";

/** Raise when the meaning of a row without answers changes. */
const RESULT_VERSION = 1;

/**
 * Every way in which the loop trains, on the pairs that the recipe brings; where the loop makes them, on what the planner
 * is asked, and a check makes pairs of what it says.
 */
export async function checkSnowball(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<RunPlan<CheckOwn>> {
  const { own, ...plan } = await openToCheck(deps, name, (beside) => openSnowball(beside, context, input, name));
  if (own.stopAfterPairs === true) {
    throw new StepFailure("BadInput", "round.stop_after is pairs: this recipe trains nothing that could be checked.");
  }
  const files = await readRun(deps.store, { ...plan.run, dataset: own.dataset });
  const given = own.givenPairs?.pairs;
  const ref = given ?? (await promptRows(deps, files, { own }));
  const trainings = own.trainings.map(({ from, job }): CheckedTraining => ({
    title: own.trainings.length === 1 ? "training" : `training from iter_${from} on`,
    job: { ...job, init: plan.policy, data: [{ ref, sampledBy: null }] },
    answers: given ? "given" : "sampled",
    sampling: rolloutParams(files.recipe.planner, false).sampling,
    ...(!given && {
      note: "the loop samples its pairs; those that were tried are of the base's completions, unscored.",
    }),
  }));
  return { ...plan, own: { trainings } };
}

/** What the planner is asked in all iterations, as pairs without their texts. */
async function promptRows(
  deps: ActivityDeps,
  files: RunFiles,
  { own }: Pick<SnowballPlan, "own">,
): Promise<ArtifactRef> {
  const { planner } = files.recipe;
  const asked = files.shards.shards.flat().map((id) => question(files, id));
  const rows = asked.map((each) => ({
    id: each.id,
    image: each.images,
    policy: "",
    system: files.texts.system.trim(),
    prompt: pairPrompt(each, files.texts, planner.max_instructions),
    chosen: "",
    rejected: "",
  }));
  const images = imageDigests(rows, (image) => files.given.get(image));
  const params = { rows: canonicalDigest(rows), images: canonicalDigest(images) };
  const recipeOf = { step: "prompt-rows", version: RESULT_VERSION, params, inputs: [own.dataset.sha256] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, algorithmOf("dpo").files.rows), rows);
    await writeJson(join(folder, IMAGES_FILE), images);
    return { rows: rows.length };
  });
  return ref;
}

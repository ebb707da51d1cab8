import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import { importImages } from "../../src/dataset/import-images.ts";
import { imageFolder } from "../../src/dataset/source.ts";
import type { HarpPlan } from "../../src/pipeline/harp/contract/plan.ts";
import { sceneId, sceneImages } from "../../src/pipeline/harp/images.ts";
import { type Recipe, stagesOf } from "../../src/pipeline/harp/recipe.ts";
import type { Scene } from "../../src/pipeline/harp/scenes.ts";
import { policyDigest } from "../../src/run/policy.ts";
import { serviceKey } from "../../src/service/key.ts";
import type { ActivityDeps } from "../deps.ts";
import { deepspeedFiles } from "../deepspeed.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { findPolicy } from "../policy.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of a scene changes. */
const RESULT_VERSION = 1;

/** The first step of a run: finds the checkpoint and the service's key, looks at every image. */
export async function openHarp(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<HarpPlan> {
  const recipe = openedAs(input, name, ["harp"]);
  const { init: model, answering, plans, negatives, chunk, seed } = recipe;
  const { backend, dtype, attn_implementation, min_pixels, max_pixels } = answering;
  const policy = await findPolicy(deps, { who: "init", field: "init", trained: true, backend, dtype, model });
  const digest = policyDigest(policy);
  if (plans.backend === "service") await serviceKey(plans.key);
  const named = stagesOf(recipe).flatMap(({ training }) => training.deepspeed ?? []);
  const deepspeed = await deepspeedFiles(deps.root, named);
  const scenes = await importScenes(deps, context, recipe);
  const kept = await keepRecipe(deps, { recipe, texts: {}, models: { init: digest }, ...(deepspeed && { deepspeed }) });
  const folder = await openRunFolder(deps, name, {
    kind: "harp",
    data: recipe.scenes.path.split("/").findLast((part) => part !== "") ?? "scenes",
    digest: kept.ref.sha256,
    files: { "config.json": kept.recipe },
  });
  const { dtype: _, ...serving } = answering;
  const { temperature, samples: count } = negatives;
  const job = { images: recipe.scenes.path, loading: { dtype, attn_implementation, min_pixels, max_pixels }, seed };
  return {
    run: { name, recipe: kept.ref },
    policy,
    digest,
    limits: kept.limits,
    folder,
    warnings: [],
    ...kept.listed,
    own: {
      stages: stagesOf(recipe).map(({ name: stage, training: settings }) => ({
        name: stage,
        job: { ...job, algorithm: stage, settings },
      })),
      scenes,
      images: recipe.scenes.path,
      service: { window: plans.window, maxAttempts: plans.max_attempts, most: plans.max_spent },
      draws: {
        sampling: { temperature, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1 },
        from: 0,
        count,
        seed,
      },
      accounts: [],
      asking: {
        benchmarks: [],
        serving,
        chunk: { questions: chunk.questions, window: chunk.window },
        resamples: recipe.bootstrap_resamples,
        maxQuarantinedShare: recipe.max_quarantined_share,
        seed,
      },
    },
  };
}

async function importScenes(deps: ActivityDeps, context: StepContext, recipe: Recipe): Promise<ArtifactRef> {
  const { path, suffix, max_image_pixels } = recipe.scenes;
  const names = await sceneImages(deps.root, recipe);
  const questions = names.map((name) => ({ id: sceneId(name, suffix), images: [name] }));
  const { images, nameOf } = await importImages(
    imageFolder(deps.root, { image_root: path, max_image_pixels }, deps.state),
    { name: path, questions, rows: names.map((_, row) => row + 1) },
    { signal: context.signal, onProgress: (done, total) => context.report({ doing: "check images", done, total }) },
  );
  const scenes = questions.map(({ id, images: [name] }): Scene => {
    const image = nameOf(name!);
    const { bytes, pixels } = images.get(image)!;
    return { id, image, bytes, pixels };
  });
  const recipeOf = { step: "scenes", version: RESULT_VERSION, params: { scenes: canonicalDigest(scenes) }, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => ({
    rows: await writeJsonLines(join(folder, "scenes.jsonl"), scenes),
  }));
  return ref;
}

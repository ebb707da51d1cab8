import { join } from "node:path";
import { readJson, writeJsonLines } from "../../src/artifact/files.ts";
import { isMissing } from "../../src/artifact/disk.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef, ModelFolder } from "../../src/contract/artifact.ts";
import { importImages } from "../../src/dataset/import-images.ts";
import { imageFolder } from "../../src/dataset/source.ts";
import { StepFailure } from "../../src/failure.ts";
import { openContext } from "../../src/model/context.ts";
import { modelDigest } from "../../src/model/checkpoint.ts";
import { type BeamRow, readBeams } from "../../src/pipeline/pointer-selector/beam-files.ts";
import type { SelectorPlan } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import {
  allowedFor,
  type Example,
  loadExamples,
  SET_NAMES,
  type Sets,
} from "../../src/pipeline/pointer-selector/examples.ts";
import { tooLong } from "../../src/pipeline/pointer-selector/prompt-length.ts";
import { type Recipe, stagesOf } from "../../src/pipeline/pointer-selector/recipe.ts";
import { policyDigest } from "../../src/run/policy.ts";
import type { ActivityDeps } from "../deps.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { findPolicy } from "../policy.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of an imported example, or of a given beam, changes. */
const EXAMPLES_VERSION = 1;
const GIVEN_VERSION = 1;

/** A query with its beams, a line of rows.jsonl; or why it has none. */
export type QueryBeams = { readonly id: string; readonly candidates: readonly string[] } & (
  | { readonly beams: readonly BeamRow[] }
  | { readonly reason: string }
);

/** The first step of a run: reads every example, image and given beam, before any model is loaded. */
export async function openSelector(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<SelectorPlan> {
  const recipe = openedAs(input, name, ["pointer-selector"]);
  const { backend, dtype, model } = recipe.critic;
  const critic = await findPolicy(deps, { who: "critic", backend, dtype, model });
  const encoder = await encoderOf(deps, recipe);
  const sets: Sets = {
    pool: await importSet(deps, context, recipe, "pool"),
    queries: await importSet(deps, context, recipe, "queries"),
    test: await importSet(deps, context, recipe, "test"),
  };
  refuseSmallPool(sets, recipe);
  await refuseLongPrompts(deps, sets, recipe);
  const given = await givenBeams(deps, recipe, sets);
  const examples = await keepSets(deps, sets);
  const digest = policyDigest(critic);
  const kept = await keepRecipe(deps, { recipe, texts: {}, models: { critic: digest, encoder: encoder.digest } });
  const folder = await openRunFolder(deps, name, {
    kind: "selectors",
    data: stagesOf(recipe).join("-"),
    digest: kept.ref.sha256,
    files: { "config.json": kept.recipe },
  });
  const { questions, window } = recipe.chunk;
  return {
    run: { name, recipe: kept.ref },
    policy: critic,
    digest,
    limits: kept.limits,
    folder,
    warnings: warningsOf(recipe),
    ...kept.listed,
    own: {
      examples,
      counts: { queries: sets.queries.length, test: sets.test.length },
      critic,
      encoder,
      given,
      stages: stagesOf(recipe),
      shots: recipe.shots,
      chunk: { questions, window },
    },
  };
}

async function encoderOf({ root }: ActivityDeps, { embedding: { backend, model } }: Recipe): Promise<ModelFolder> {
  return { folder: model, digest: await modelDigest({ field: "embedding.model", backend }, root, model) };
}

function warningsOf({ rce, beams }: Recipe): string[] {
  if (rce.epochs === 0 || rce.scores === "zscore" || beams.given !== undefined) return [];
  return [
    "rce.scores is raw: gains of some hundredths give nearly equal weights at these temperatures; zscore tells beams apart.",
  ];
}

/** Images of several folders stand under one: their names start at the worker's root from here on. */
async function importSet(
  deps: ActivityDeps,
  context: StepContext,
  { examples: sources }: Recipe,
  name: keyof Sets,
): Promise<Example[]> {
  const set = sources[name];
  const { examples, rows } = await loadExamples(deps.root, set);
  const owners = { name: set.path, questions: examples, rows };
  const { images, nameOf } = await importImages(imageFolder(deps.root, set, deps.state), owners, {
    signal: context.signal,
    onProgress: (done, total) => context.report({ doing: `check images of ${name}`, done, total }),
  });
  return examples.map((each) => {
    const names = each.images.map(nameOf);
    const digests = names.map((image) => images.get(image)!.bytes);
    return { ...each, images: names.map((image) => join(set.image_root, image)), image_digests: digests };
  });
}

function refuseSmallPool({ pool, queries, test }: Sets, { beams, examples }: Recipe): void {
  for (const query of [...queries, ...test]) {
    const allowed = allowedFor(query, pool).length;
    if (allowed >= beams.shots) continue;
    throw new StepFailure(
      "BadInput",
      `${examples.pool.path}: query ${JSON.stringify(query.id)} can be shown ${allowed} of its examples (neither itself nor its own picture); beams.shots (${beams.shots}) or more are needed.`,
    );
  }
}

/** A prompt that is cut loses its examples or its picture without a word. */
async function refuseLongPrompts({ root }: ActivityDeps, sets: Sets, { critic, beams }: Recipe): Promise<void> {
  if (critic.backend === "simulated") return;
  const problem = tooLong(sets, await openContext(join(root, critic.model)), critic, beams.shots);
  if (problem === undefined) return;
  throw new StepFailure("BadInput", `critic.max_pixels is ${critic.max_pixels}: ${problem}; lower it, or beams.shots.`);
}

async function keepSets({ store }: ActivityDeps, sets: Sets): Promise<ArtifactRef> {
  const params = { sets: canonicalDigest(sets) };
  const recipeOf = { step: "selector-examples", version: EXAMPLES_VERSION, params, inputs: [] };
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    let rows = 0;
    for (const name of SET_NAMES) rows += await writeJsonLines(join(folder, `${name}.jsonl`), sets[name]);
    return { rows };
  });
  return ref;
}

/** A beam file of the user's, checked and in the order of the queries; queries that it leaves out have no beams. */
async function givenBeams(
  { store, root }: ActivityDeps,
  { beams, grpo }: Recipe,
  sets: Sets,
): Promise<ArtifactRef | null> {
  const { given, size, shots } = beams;
  if (given === undefined) return null;
  const queries = new Map(sets.queries.map((each) => [each.id, each]));
  const pool = new Set(sets.pool.map(({ id }) => id));
  const content = await readJson<unknown>(join(root, given)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw new StepFailure("BadInput", `beams.given "${given}" does not exist; name a beam file, relative to the root.`);
  });
  const wanted = { size, shots, isQuery: (id: string) => queries.has(id), inPool: (id: string) => pool.has(id) };
  const read = readBeams(content, given, wanted);
  const unanswered = [...read].find(([, rows]) => rows.some(({ accuracy }) => accuracy === null));
  if (grpo.epochs > 0 && grpo.reward.task > 0 && unanswered) {
    throw new StepFailure(
      "BadInput",
      `${given}, query ${JSON.stringify(unanswered[0])}: no vqa_acc_score is there, but grpo.reward.task is ${grpo.reward.task}.`,
    );
  }
  const rows = sets.queries.map(({ id }): QueryBeams => {
    const own = read.get(id);
    const candidates = [...new Set(own?.flatMap(({ ids }) => ids))].toSorted();
    return own ? { id, candidates, beams: own } : { id, candidates, reason: "the beam file leaves it out" };
  });
  const recipeOf = { step: "given-beams", version: GIVEN_VERSION, params: { rows: canonicalDigest(rows) }, inputs: [] };
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => ({
    rows: await writeJsonLines(join(folder, "rows.jsonl"), rows),
  }));
  return ref;
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJson, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Embedded } from "../../src/model/embed/backend.ts";
import { mostSimilar, nearnessOf, sampleCandidates } from "../../src/model/selector/candidates.ts";
import type { SelectInput } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { readEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import { allowedFor } from "../../src/pipeline/pointer-selector/examples.ts";
import type { Choice } from "../../src/model/selector/onnx.ts";
import { rng, seedFor, shuffled } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openGround } from "./ground.ts";

/** Raise when the meaning of a selection changes. */
const RESULT_VERSION = 2;

/** Which examples a query is shown, the first first: a line of selections.jsonl. */
export interface Selection {
  readonly id: string;
  readonly examples: readonly string[];
}

/** Chooses examples for every test question by one method. */
export async function selectExamples(
  deps: ActivityDeps,
  _context: StepContext,
  input: SelectInput,
): Promise<ArtifactRef> {
  const { recipe, sets } = await openGround(deps, input);
  const { method, embeddings } = input;
  const { sampler, candidates, shots } = recipe.beams;
  const chooses = method.selector === null ? method.name : "selector";
  const drawn = method.selector === null ? {} : { sampler, candidates };
  const recipeOf = {
    step: "selections",
    version: RESULT_VERSION,
    params: { chooses, ...drawn, shots, seed: recipe.seed },
    inputs: [input.examples.sha256, embeddings.sha256, ...(method.selector ? [method.selector.sha256] : [])],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const embedded = await readEmbeddings(deps.store, embeddings);
    const pick = method.selector === null ? undefined : await openSelectorModel(deps, method.selector, embedded.pool);
    const drawn = sets.test.map((query, at): Drawn => {
      const own = embedded.test[at]!;
      const near = nearnessOf(own, embedded.pool);
      const allowed = allowedFor(query, sets.pool);
      const draw = { sampler, count: candidates, seed: seedFor(recipe.seed, query.id) };
      if (method.name === "random") {
        const few = { ...draw, sampler: "random", count: shots } as const;
        return { id: query.id, query: own, candidates: sampleCandidates(near, allowed, few) };
      }
      if (method.name === "similarity") {
        return { id: query.id, query: own, candidates: mostSimilar(near, allowed, shots) };
      }
      return { id: query.id, query: own, candidates: sampleCandidates(near, allowed, draw) };
    });
    const chosen = pick ? await pick(drawn, shots) : drawn.map((each) => each.candidates);
    const rows = drawn.map(({ id }, at): Selection => ({
      id,
      examples: chosen[at]!.map((place) => sets.pool[place]!.id),
    }));
    return { rows: await writeJsonLines(join(folder, "selections.jsonl"), rows) };
  });
  return ref;
}

/** A query with the places in the pool that it may be shown. */
interface Drawn extends Choice {
  readonly id: string;
}

/** Chooses places in the pool among the candidates of each. */
type Choosing = (drawn: readonly Drawn[], shots: number) => Promise<number[][]>;

/** Opens what a stage made. A simulated selector has no network: what it chooses derives from its digest. */
async function openSelectorModel(
  { store }: ActivityDeps,
  ref: ArtifactRef,
  pool: readonly Embedded[],
): Promise<Choosing> {
  const folder = await store.open(ref);
  if (existsSync(join(folder, "selector.onnx"))) {
    const { openPointer } = await import("../../src/model/selector/onnx.ts");
    const pointer = await openPointer(folder, pool);
    return (drawn) => pointer.choose(drawn);
  }
  const { digest } = await readJson<{ digest: string }>(join(folder, "selector.json"));
  return async (drawn, shots) =>
    drawn.map(({ id, candidates }) => shuffled(candidates, rng(seedFor(digest, id))).slice(0, shots));
}

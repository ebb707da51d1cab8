import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJson, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import { type Embedded, mostSimilar, sampleCandidates } from "../../src/pipeline/pointer-selector/candidates.ts";
import type { SelectInput } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { readEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import { allowedFor } from "../../src/pipeline/pointer-selector/examples.ts";
import { rng, seedFor, shuffled } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openGround } from "./ground.ts";

/** Raise when the meaning of a selection changes. */
const RESULT_VERSION = 1;

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
    const rows: Selection[] = [];
    for (const [at, query] of sets.test.entries()) {
      const own = embedded.test[at]!;
      const allowed = allowedFor(query, sets.pool);
      const draw = { sampler, count: candidates, seed: seedFor(recipe.seed, query.id) };
      const places = pick
        ? await pick(query.id, own, sampleCandidates(own, embedded.pool, allowed, draw), shots)
        : method.name === "similarity"
          ? mostSimilar(own, embedded.pool, allowed, shots)
          : sampleCandidates(own, embedded.pool, allowed, { ...draw, sampler: "random", count: shots });
      rows.push({ id: query.id, examples: places.map((place) => sets.pool[place]!.id) });
    }
    return { rows: await writeJsonLines(join(folder, "selections.jsonl"), rows) };
  });
  return ref;
}

/** Chooses places in the pool among candidates. */
type Choosing = (query: string, own: Embedded, candidates: readonly number[], shots: number) => Promise<number[]>;

/** Opens what a stage made. A simulated selector has no network: what it chooses derives from its digest. */
async function openSelectorModel(
  { store }: ActivityDeps,
  ref: ArtifactRef,
  pool: readonly Embedded[],
): Promise<Choosing> {
  const folder = await store.open(ref);
  if (existsSync(join(folder, "selector.onnx"))) {
    const { openPointer } = await import("../../src/model/selector/onnx.ts");
    const pointer = await openPointer(join(folder, "selector.onnx"));
    return async (_query, own, candidates) => {
      const [picks] = await pointer.choose([{ query: own, candidates: candidates.map((at) => pool[at]!) }]);
      return picks!.map((pick) => candidates[pick]!);
    };
  }
  const { digest } = await readJson<{ digest: string }>(join(folder, "selector.json"));
  return async (query, _own, candidates, shots) => shuffled(candidates, rng(seedFor(digest, query))).slice(0, shots);
}

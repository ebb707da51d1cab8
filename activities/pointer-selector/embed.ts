import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Ground } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { simulatedEmbedding, writeEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openGround } from "./ground.ts";

/** Raise when the meaning of a vector changes. */
const RESULT_VERSION = 1;

/** A vector for the picture and one for the question of every example, once for the whole run. */
export async function embedExamples(deps: ActivityDeps, _context: StepContext, ground: Ground): Promise<ArtifactRef> {
  const { recipe, sets } = await openGround(deps, ground);
  const recipeOf = {
    step: "embeddings",
    version: RESULT_VERSION,
    params: recipe.embedding,
    inputs: [ground.examples.sha256],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const { pool, queries, test } = sets;
    const embedded = {
      pool: pool.map(simulatedEmbedding),
      queries: queries.map(simulatedEmbedding),
      test: test.map(simulatedEmbedding),
    };
    return { rows: await writeEmbeddings(folder, embedded) };
  });
  return ref;
}

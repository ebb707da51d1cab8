import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { RolloutInput } from "../../src/pipeline/snowball/contract/steps.ts";
import type { RolloutRow } from "../../src/preference/rows.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import type { ActivityDeps } from "../deps.ts";
import { chunkQuestions, readRun } from "../../src/pipeline/snowball/files.ts";
import type { StepContext } from "../step.ts";

const RESULT_VERSION = 1;

/** Stands where a policy's digest would: nothing was sampled. */
export const REFERENCE_POLICY = "reference";

/** The arms that no policy touches: every reference view of the recipe, and no view at all. */
export function referenceArms(recipe: Recipe): { readonly name: string; readonly instruction: string | null }[] {
  return [...recipe.evaluation.reference_views, { name: "no_view", instruction: null }];
}

/** Writes the arms as if a policy had said them, so that executor and evaluator treat them exactly alike. */
export async function referenceRollouts(
  deps: ActivityDeps,
  _context: StepContext,
  input: RolloutInput,
): Promise<ArtifactRef> {
  const files = await readRun(deps.store, input.run);
  const { asked, digest } = chunkQuestions(files, input.list, input.chunk);
  const arms = referenceArms(files.recipe);
  const recipeOf = { step: "reference", version: RESULT_VERSION, params: { arms }, inputs: [digest] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const rows = asked.flatMap((question) =>
      arms.map(({ instruction }, rollout): RolloutRow => {
        const inside = instruction === null ? "" : `<instruction>${instruction}</instruction>`;
        return {
          question_id: question.id,
          rollout,
          text: `<thinking></thinking><instructions>${inside}</instructions>`,
          finish: "stop",
          tokens: 0,
          mean_logprob: 0,
          retokenized_equal: true,
          prompt_digest: "",
          seed: "",
          policy: REFERENCE_POLICY,
          sampling: { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1, max_new_tokens: 0 },
        };
      }),
    );
    await writeJsonLines(join(folder, "rollouts.jsonl"), rows);
    return { rows: rows.length };
  });
  return ref;
}

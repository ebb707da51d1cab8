import type { ArtifactStore } from "../../src/artifact/store.ts";
import type { SnowballRun } from "../../src/pipeline/snowball/contract/plan.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { made, recipeOf } from "./artifacts.ts";

const TEXTS = { system: "You are a planner.", template: "{question}", answer: "{question}" };

/** A run as its first step leaves it: recipe and questions, all of them in one shard. */
export async function opened(
  store: ArtifactStore,
  recipe: Recipe,
  questions: readonly ImportedQuestion[],
): Promise<SnowballRun> {
  const models = { planner: "a".repeat(64), critic: "b".repeat(64), evaluator: "c".repeat(64) };
  const shards = { shards: [questions.map(({ id }) => id)], held_out: { val: [], test: [] } };
  return {
    name: recipe.name,
    recipe: await made(store, recipeOf("recipe"), { "recipe.json": JSON.stringify({ recipe, texts: TEXTS, models }) }),
    dataset: await made(store, recipeOf("dataset"), {
      "questions.jsonl": questions.map((each) => `${JSON.stringify(each)}\n`).join(""),
      "shards.json": JSON.stringify(shards),
    }),
  };
}

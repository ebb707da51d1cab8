import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/recipe/parse.ts";
import type { Recipe } from "../../src/recipe/pipelines/snowball.ts";

const CONFIGS = join(import.meta.dirname, "../../configs");

export function configText(name: string): string {
  return readFileSync(join(CONFIGS, name), "utf8");
}

/** A recipe with nothing but what has no default: real backends, as a user's shortest recipe. */
export function shortest(): Record<string, Record<string, unknown>> & Record<string, unknown> {
  return {
    pipeline: "snowball",
    name: "short",
    data: { path: "data/q.json", image_root: "data" },
    planner: { backend: "transformers", model: "models/planner" },
    executor: { backend: "simulated" },
    critic: { backend: "transformers", model: "models/critic" },
    evaluator: { backend: "transformers", model: "models/evaluator" },
    prompt: { system: "s.txt", template: "t.txt", answer: "a.txt" },
    training: { backend: "trl" },
  } as Record<string, Record<string, unknown>> & Record<string, unknown>;
}

/** A shipped recipe with blocks laid over it: `shipped("snowball.demo.yaml", { loop: { num_iterations: 2 } })`. */
export function shipped(name: string, over: Readonly<Record<string, object>> = {}): Recipe {
  const recipe = parse(configText(name)) as Record<string, object>;
  for (const [block, fields] of Object.entries(over)) recipe[block] = { ...recipe[block], ...fields };
  return parseRecipeObject(recipe);
}

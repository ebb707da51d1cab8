import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";

const CONFIGS = join(import.meta.dirname, "../../configs");

/** Reads a recipe of the loop. */
export function parsed(value: unknown): Recipe {
  return parseRecipeObject(value) as Recipe;
}

export function configText(name: string): string {
  return readFileSync(join(CONFIGS, name), "utf8");
}

/** A recipe with nothing but what has no default: real backends, as a user's shortest recipe. */
export function shortest(): Record<string, object | string> {
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
  };
}

/** Lays fields over a recipe's blocks. */
export function withFields<T>(recipe: Readonly<Record<string, T>>, over: Readonly<Record<string, object>>): object {
  const blocks = Object.entries(over).map(([block, fields]) => [block, { ...(recipe[block] as object), ...fields }]);
  return { ...recipe, ...Object.fromEntries(blocks) };
}

/** A shipped recipe with blocks laid over it: `shipped("snowball.demo.yaml", { loop: { num_iterations: 2 } })`. */
export function shipped(name: string, over: Readonly<Record<string, object>> = {}): Recipe {
  return parsed(withFields(parse(configText(name)) as Record<string, object>, over));
}

import { expect, test } from "vitest";
import { changes } from "../../../../src/pipeline/evaluate/changes.ts";
import type { Recipe } from "../../../../src/pipeline/evaluate/recipe.ts";
import { parseRecipeObject } from "../../../../src/pipeline/parse.ts";

const DATA = { path: "q.jsonl", image_root: "." };

function recipeOf(change: object = {}): Recipe {
  return parseRecipeObject({
    pipeline: "evaluate",
    name: "e",
    policies: [{ name: "base", model: "models/base" }],
    benchmarks: [{ benchmark: "mmsi", data: DATA }],
    answering: { backend: "transformers" },
    ...change,
  }) as Recipe;
}

test.each([
  [{ policies: [{ name: "a" }] }, "policies[0] has neither model nor run; one of the two is needed."],
  [
    { policies: [{ name: "a", model: "m", run: "r" }] },
    "policies[0] has both model and run; one of the two is needed.",
  ],
  [
    { policies: [{ name: "a", run: "r", adapter: "x" }] },
    "policies[0].adapter is given without model; the folder below it is needed.",
  ],
  [
    {
      policies: [
        { name: "a", model: "m" },
        { name: "a", model: "n" },
      ],
    },
    "policies[1].name is a, which is taken; another name is needed.",
  ],
  [
    {
      benchmarks: [
        { benchmark: "mmsi", data: DATA },
        { benchmark: "mmsi", data: DATA },
      ],
    },
    "benchmarks[1] is called mmsi, which is taken; a name of its own is needed.",
  ],
  [
    { benchmarks: [{ benchmark: "mmsi", data: DATA, settings: { reader: "lax" } }] },
    /^benchmarks\[0\]\.settings\.reader is not usable: /,
  ],
  [{ benchmarks: [{ benchmark: "vsr-2", data: DATA }] }, /^benchmarks\[0\]\.benchmark is "vsr-2"/],
  [
    { answering: { backend: "transformers", min_pixels: 10, max_pixels: 5 } },
    "answering.min_pixels is 10; at most answering.max_pixels (5) is needed.",
  ],
  [
    { answering: { backend: "transformers", attn_implementation: "flash_attention_2", dtype: "float32" } },
    "answering.attn_implementation is flash_attention_2, which cannot compute in float32; answering.dtype bfloat16, or sdpa, is needed.",
  ],
  [{ simulate: {} }, "simulate is given, but answering.backend is not simulated; one of the two has to go."],
])("%j is refused", (change, message) => {
  expect(() => recipeOf(change)).toThrow(message);
});

test("only what determines answers makes any of them again", () => {
  const before = recipeOf();
  expect(changes(before, recipeOf({ answering: { backend: "transformers", micro_batch: 2 } })).determines).toBe(false);
  expect(changes(before, recipeOf({ answering: { backend: "transformers", max_new_tokens: 2 } })).determines).toBe(
    true,
  );
});

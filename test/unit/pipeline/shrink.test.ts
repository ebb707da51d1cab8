import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseRecipe, parseRecipeObject } from "../../../src/pipeline/parse.ts";
import { roomOf } from "../../../src/pipeline/rooms.ts";
import { named } from "../../../src/recipe/common.ts";
import { configText } from "../../support/recipe.ts";

/** A selector's trainings have epochs instead of steps. */
const recipes = readdirSync(join(import.meta.dirname, "../../../configs")).filter(
  (name) => name.endsWith(".yaml") && !name.startsWith("pointer-selector."),
);

/** Every number under a key of this name, however deep. */
function all(value: unknown, key: string): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === key ? [inner] : all(inner, key)));
}

test.each(recipes)("%s is small for a trial: it parses, and nothing of it takes long", async (file) => {
  const recipe = parseRecipe(configText(file), file);
  const { shrink } = await roomOf(recipe);
  const small = parseRecipeObject(named(shrink!(recipe), "debug"));
  expect(small.name).toBe(`${recipe.name}-debug`);
  for (const steps of all(small, "max_steps")) expect(steps).toBeLessThanOrEqual(50);
  for (const block of all(small, "training")) expect(block).toHaveProperty("max_steps");
  for (const most of all(small, "max_questions")) expect(most).toBeLessThanOrEqual(16);
  for (const rounds of all(small, "num_iterations")) expect(rounds).toBeLessThanOrEqual(2);
  for (const held of all(small, "held_out")) expect(Math.max(...Object.values(held as object))).toBeLessThanOrEqual(16);
});

test.each(["demo", "okvqa", "simulated"])(
  "a selector's %s is small by its questions, candidates and epochs",
  async (name) => {
    const recipe = parseRecipe(configText(`pointer-selector.${name}.yaml`), name);
    const small = parseRecipeObject(named((await roomOf(recipe)).shrink!(recipe), "debug"));
    for (const most of all(small, "limit")) expect(most).toBeLessThanOrEqual(64);
    for (const many of all(small, "candidates")) expect(many).toBeLessThanOrEqual(4);
    for (const epochs of all(small, "epochs")) expect(epochs).toBeLessThanOrEqual(1);
  },
);

test("what is small already stays, and a change after the last round goes", async () => {
  const recipe = parseRecipe(configText("snowball.simulated.yaml"), "it");
  const { training } = recipe as unknown as { training: object };
  const changes = [1, 4].map((from_iteration) => ({ from_iteration, training: { ...training, max_steps: 7 } }));
  const changed = parseRecipeObject({ ...recipe, changes });
  const small = (await roomOf(recipe)).shrink!(changed) as unknown as {
    changes: { training: { max_steps: number } }[];
  };
  expect(small.changes.map((each) => each.training.max_steps)).toEqual([7]);
});

test("a name that is as long as it may be is cut for the word behind it", () => {
  const recipe = parseRecipe(configText("snowball.simulated.yaml"), "it");
  expect(named({ ...recipe, name: "n".repeat(64) }, "check").name).toBe(`${"n".repeat(58)}-check`);
});

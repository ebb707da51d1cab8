import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readData } from "../../../src/pipeline/snowball/data.ts";
import { RECIPE_SCHEMAS } from "../../../src/pipeline/index.ts";
import { jsonSchema } from "../../../src/recipe/needed.ts";
import { parseRecipe } from "../../../src/pipeline/parse.ts";
import { planIterations } from "../../../src/pipeline/snowball/cost/iterations.ts";
import type { Recipe } from "../../../src/pipeline/snowball/recipe/index.ts";
import { configText } from "../../support/recipe.ts";

const ROOT = join(import.meta.dirname, "../../..");
const recipes = readdirSync(join(ROOT, "configs")).filter((file) => file.endsWith(".yaml"));

test.each(Object.entries(RECIPE_SCHEMAS))(
  "configs/schema/%s is what scripts/write-schemas.ts writes",
  (file, schema) => {
    expect(JSON.parse(configText(`schema/${file}`))).toEqual(JSON.parse(JSON.stringify(jsonSchema(schema))));
  },
);

function recipeOf(file: string): Recipe {
  return parseRecipe(configText(file), file) as Recipe;
}

function promptText(path: string): string {
  return configText(path.replace("configs/", ""));
}

function shardSizesOf(file: string): number[] {
  return planIterations(recipeOf(file), 1e9).map(({ questions }) => questions);
}

describe.each(recipes)("%s", (file) => {
  const recipe = recipeOf(file);

  test("has a header that says how, how small and what is not supported, and names its schema", () => {
    const header = configText(file).split("\npipeline:")[0]!;
    expect(header).toContain(`$schema=schema/${recipe.pipeline}.json`);
    for (const word of ["How:", "Small:", "Not supported:"]) expect(header).toContain(word);
  });

  test("is named as its file; runs share their names, so only the snowball leaves its pipeline out", () => {
    const size = file.slice(recipe.pipeline.length + 1, -".yaml".length);
    expect(recipe.name).toBe(recipe.pipeline === "snowball" ? size : `${recipe.pipeline}-${size}`);
  });
});

test.each(recipes.filter((file) => "prompt" in recipeOf(file)))("%s names prompt files that are there", (file) => {
  const { template, answer, system } = recipeOf(file).prompt;
  expect(promptText(system).trim()).not.toBe("");
  for (const path of [template, answer]) expect(promptText(path)).toContain("{question}");
});

test("pilot and full are of the sizes they are known by", () => {
  expect(shardSizesOf("snowball.pilot.yaml")).toEqual(Array(5).fill(340));
  expect(shardSizesOf("snowball.full.yaml")).toEqual(Array(5).fill(35_000));
  expect(shardSizesOf("snowball.demo.yaml")).toEqual(Array(5).fill(64));
});

test("the simulated recipe's sample data is exactly enough for it", async () => {
  const recipe = recipeOf("snowball.simulated.yaml");
  const { questions, split } = await readData(ROOT, recipe);
  expect(split.leftOut).toEqual({ besideHeldOut: 0, aboveMaxSamples: 0 });
  const files = new Set(readdirSync(join(ROOT, recipe.data.image_root), { recursive: true, encoding: "utf8" }));
  for (const image of questions.flatMap((question) => question.images)) expect(files).toContain(image);
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { RECIPE_SCHEMAS } from "../../../src/pipeline/index.ts";

const CONFIGS = join(import.meta.dirname, "../../../configs");
const recipes = readdirSync(CONFIGS).filter((file) => file.endsWith(".yaml"));

type Schema = Parameters<typeof z.fromJSONSchema>[0];

/** The schema that a recipe's first line names, found as an editor finds it: from the recipe's own folder. */
function namedSchema(text: string): Schema {
  const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1];
  if (named === undefined) throw new Error("the first line names no schema");
  return JSON.parse(readFileSync(join(CONFIGS, named), "utf8")) as Schema;
}

test("there is a schema for each pipeline, and no other", () => {
  expect(readdirSync(join(CONFIGS, "schema")).toSorted()).toEqual(Object.keys(RECIPE_SCHEMAS).toSorted());
});

describe.each(recipes)("%s", (file) => {
  const text = readFileSync(join(CONFIGS, file), "utf8");
  const recipe = parse(text) as Record<string, object>;
  const schema = namedSchema(text);

  test("names the schema of its pipeline", () => {
    expect(schema).toMatchObject({ properties: { pipeline: { const: recipe["pipeline"] } } });
  });

  test("is valid by it as it is written; with a field too many or a wrong value it is not", () => {
    const check = z.fromJSONSchema(schema);
    expect(check.safeParse(recipe)).toMatchObject({ success: true });
    expect(check.safeParse({ ...recipe, sead: 1 }).success).toBe(false);
    expect(check.safeParse({ ...recipe, planner: { ...recipe["planner"], top_p: 2 } }).success).toBe(false);
    expect(check.safeParse({ ...recipe, pipeline: "avalanche" }).success).toBe(false);
  });
});

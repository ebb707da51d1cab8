import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "oxfmt";
import { jsonSchema } from "../../src/recipe/json-schema.ts";
import { PIPELINES } from "../../src/pipeline/index.ts";
import type { DescribedNode } from "./fields.ts";
import { recipePage } from "./recipe-page.ts";

const PROJECT = join(import.meta.dirname, "../..");

/** docs/recipe.md as it should be now, formatted as everything is. */
export async function recipeMarkdown(): Promise<string> {
  const schemas = Object.entries(PIPELINES).map(([name, { schema }]) => [name, jsonSchema(schema) as DescribedNode]);
  const text = recipePage(Object.fromEntries(schemas) as Record<string, DescribedNode>);
  const { printWidth } = JSON.parse(readFileSync(join(PROJECT, ".oxfmtrc.json"), "utf8")) as { printWidth: number };
  const { code, errors } = await format("recipe.md", text, { printWidth });
  if (errors.length > 0) throw new Error(`docs/recipe.md cannot be formatted: ${errors[0]!.message}`);
  return code;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "oxfmt";
import { jsonSchema } from "../../src/recipe/needed.ts";
import { PIPELINES } from "../../src/pipeline/index.ts";
import type { DescribedNode } from "./fields.ts";
import { recipeIndex, recipePage } from "./recipe-page.ts";

const PROJECT = join(import.meta.dirname, "../..");

/** The files below docs/recipes as they should be now, by name, formatted as everything is. */
export async function recipePages(): Promise<Readonly<Record<string, string>>> {
  const schemas = Object.fromEntries(
    Object.entries(PIPELINES).map(([name, { schema }]) => [name, jsonSchema(schema) as DescribedNode]),
  );
  const pages: Record<string, string> = { "README.md": await formatted(recipeIndex(schemas)) };
  for (const [name, schema] of Object.entries(schemas)) pages[`${name}.md`] = await formatted(recipePage(name, schema));
  return pages;
}

async function formatted(text: string): Promise<string> {
  const { printWidth } = JSON.parse(readFileSync(join(PROJECT, ".oxfmtrc.json"), "utf8")) as { printWidth: number };
  const { code, errors } = await format("page.md", text, { printWidth });
  if (errors.length > 0) throw new Error(`A recipe's page cannot be formatted: ${errors[0]!.message}`);
  return code;
}

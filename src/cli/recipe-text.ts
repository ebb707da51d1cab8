import { dirname, join, relative, resolve } from "node:path";
import { PIPELINES, type PipelineName } from "../pipeline/index.ts";
import { parseRecipeObject } from "../pipeline/parse.ts";
import { jsonSchema } from "../recipe/needed.ts";
import { commentedYaml } from "../report/commented-yaml.ts";
import { PROJECT } from "./options.ts";

/**
 * A new recipe file: a header that says how to use it, then every field with what the schema says about it.
 * @param worthALook fields that are written although they have a default
 */
export function recipeText(file: string, pipeline: PipelineName, draft: object, worthALook: readonly string[]): string {
  const schema = jsonSchema(PIPELINES[pipeline].schema);
  const short = structuredClone(draft) as Record<string, unknown>;
  const whole = parseRecipeObject(short) as unknown as Record<string, unknown>;
  for (const path of worthALook) fill(short, whole, path.split("."));
  const schemaFile = relative(dirname(resolve(file)), join(PROJECT, "configs/schema", `${pipeline}.json`));
  const head = [
    `# yaml-language-server: $schema=${schemaFile}`,
    "#",
    `# How:    bin/snowball plan ${file} says what it costs, bin/snowball run ${file} runs it`,
    "# Know:   fields that are left out have their defaults; the schema above names them all",
  ];
  const ordered = Object.fromEntries(Object.keys(whole).flatMap((key) => (key in short ? [[key, short[key]]] : [])));
  return `${head.join("\n")}\n${commentedYaml(ordered, schema)}`;
}

/** Takes over one field of the whole recipe, unless the short one has it. */
function fill(
  short: Record<string, unknown>,
  whole: Record<string, unknown>,
  [name, ...rest]: readonly string[],
): void {
  if (name === undefined || whole[name] === undefined) return;
  if (rest.length === 0) short[name] ??= whole[name];
  else fill((short[name] ??= {}) as Record<string, unknown>, whole[name] as Record<string, unknown>, rest);
}

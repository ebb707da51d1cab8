import type { z } from "zod";
import { jsonSchema } from "./json-schema.ts";
import { nearest } from "./nearest.ts";
import { needed, schemaAt, type SchemaNode } from "./needed.ts";
import { fieldName, type Problem } from "./problem.ts";

/** Longest piece of a wrong value that is shown back, in characters. */
const SHOWN = 60;

/** zod's issues as sentences; what is needed is read from the schema itself. */
export function shapeProblems(value: unknown, issues: readonly z.core.$ZodIssue[], schema: z.ZodType): Problem[] {
  const root = jsonSchema(schema) as SchemaNode;
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownField([...issue.path, key], root))
      : [wrongValue(value, issue, root)],
  );
}

function wrongValue(value: unknown, issue: z.core.$ZodIssue, root: SchemaNode): Problem {
  const given = valueAt(value, issue.path);
  const node = schemaAt(root, issue.path);
  const ownWords = issue.code === "invalid_format" ? issue.message : undefined;
  const name = issue.path.length === 0 ? "The recipe" : fieldName(issue.path);
  const is = given === undefined ? "is missing" : `is ${shown(given)}`;
  return {
    path: issue.path,
    message: `${name} ${is}; ${ownWords ?? `${emptiness(issue) ?? needed(node ?? {})} is needed`}.`,
  };
}

/** "at least one entry", "a text that is not empty": what a bare type would not say. */
function emptiness(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== "too_small" && issue.code !== "too_big") return undefined;
  const few = issue.code === "too_small";
  if (issue.origin === "array") return few ? "at least one entry" : "a shorter list";
  if (issue.origin === "string") return few ? "a text that is not empty" : "a shorter text";
  return undefined;
}

function unknownField(path: readonly PropertyKey[], root: SchemaNode): Problem {
  const key = String(path.at(-1));
  const known = Object.keys(schemaAt(root, path.slice(0, -1))?.properties ?? {}).filter((name) => name !== "$schema");
  const near = nearest(key, known);
  const meant = near === undefined ? placesOf(key, root) : [near];
  const advice = meant.length > 0 ? `did you mean ${meant.join(" or ")}?` : `known here: ${known.join(", ")}.`;
  return { path, message: `${fieldName(path)} is not a field of a recipe; ${advice}` };
}

/** Full names of the fields that are called so in other blocks. */
function placesOf(key: string, node: SchemaNode, path: readonly string[] = []): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name];
    return [...(name === key ? [here.join(".")] : []), ...placesOf(key, child, here)];
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[part];
  }
  return found;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

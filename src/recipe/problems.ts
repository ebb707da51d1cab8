import type { z } from "zod";
import { jsonSchema, needed, schemaAt, type SchemaNode } from "./needed.ts";

/** One thing that is wrong with a recipe. */
export interface Problem {
  /** Where: ["scoring", "min_score_gap"]; empty for the recipe as a whole. */
  readonly path: readonly PropertyKey[];
  /** One sentence, the field's name included. */
  readonly message: string;
}

/** "training.loss_type[1]" as a person writes it. */
export function fieldName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const part of path) {
    if (typeof part === "number") name += `[${part}]`;
    else name += name === "" ? String(part) : `.${String(part)}`;
  }
  return name;
}

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

/** One single-letter edit for every so many letters counts as a slip of the fingers. */
const LETTERS_PER_EDIT = 3;

/** The known name that is closest to a mistyped one; undefined when none is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / LETTERS_PER_EDIT));
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= limit ? best.candidate : undefined;
}

/** Levenshtein's distance: insertions, deletions and replacements of one letter. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[b.length]!;
}

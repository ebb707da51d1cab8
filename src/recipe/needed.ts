import { z } from "zod";

/** The JSON Schema of a recipe as it is written by hand: fields with a default may be absent. */
export function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input" });
}

/** The parts of JSON Schema that recipes use. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
}

/** The schema of one field; undefined where the path leads nowhere. */
export function schemaAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const part of path) node = typeof part === "number" ? node?.items : node?.properties?.[String(part)];
  return node;
}

/** JSON Schema's types in words. */
const WORDS: Readonly<Record<string, string>> = {
  integer: "whole number",
  number: "number",
  string: "a text",
  boolean: "true or false",
  object: "a block",
};

/** What a field takes, as a person says it: "a number from 0 to 2", "keep or drop". */
export function needed(node: SchemaNode): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return alternatives(node.enum.map(String));
  if (node.type === "array")
    return `a list${node.items?.enum ? ` of ${alternatives(node.items.enum.map(String))}` : ""}`;
  if (node.required) return `a block with ${node.required.join(", ")}`;
  if (node.type === "integer" || node.type === "number") return `a ${WORDS[node.type]}${range(node)}`;
  return WORDS[node.type ?? ""] ?? "another value";
}

function range(node: SchemaNode): string {
  const low = node.minimum !== undefined && node.minimum > Number.MIN_SAFE_INTEGER ? `${node.minimum}` : undefined;
  const high = node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER ? `${node.maximum}` : undefined;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  const bounds = [
    low !== undefined && `of at least ${low}`,
    node.exclusiveMinimum !== undefined && `above ${node.exclusiveMinimum}`,
    high !== undefined && `of at most ${high}`,
    node.exclusiveMaximum !== undefined && `below ${node.exclusiveMaximum}`,
  ].filter((bound) => bound !== false);
  return bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`;
}

function alternatives(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

import { needed, type SchemaNode } from "../../src/recipe/needed.ts";

/** A schema's node with what people are told about it. */
export interface DescribedNode extends SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, DescribedNode>>;
  readonly items?: DescribedNode;
}

/** One line of a table, as Markdown. */
export interface Field {
  /** Name inside its block: `held_out.val`, `reference_views[].name`. */
  readonly name: string;
  readonly takes: string;
  readonly default: string;
  /** Undefined where the schema is silent. */
  readonly meaning: string | undefined;
}

/** Optional, and nothing is assumed in its place. */
const ABSENT = "–";

/**
 * The fields of a block, those of blocks inside it too.
 * @param known blocks with tables of their own: where one of them is used again, it is named instead of repeated
 */
export function fieldsOf(block: DescribedNode, known: Readonly<Record<string, DescribedNode>>, prefix = ""): Field[] {
  return Object.entries(block.properties ?? {}).flatMap(([key, node]) => {
    const name = `${prefix}${key}`;
    const here = { name, default: defaultOf(node, block.required?.includes(key) ?? false), meaning: node.description };
    const like = Object.keys(known).find((other) => sameBlock(known[other]!, node));
    if (like !== undefined) return [{ ...here, takes: `a block like [${like}](#${like})` }];
    if (node.properties) return [{ ...here, takes: "a block" }, ...fieldsOf(node, known, `${name}.`)];
    if (node.items?.properties) {
      return [{ ...here, takes: "a list of blocks" }, ...fieldsOf(node.items, known, `${name}[].`)];
    }
    return [{ ...here, takes: takes(node) }];
  });
}

/** Blocks with the same fields, whatever they are for. */
export function sameBlock(known: DescribedNode, node: DescribedNode): boolean {
  return node.properties !== undefined && JSON.stringify(known.properties) === JSON.stringify(node.properties);
}

function takes(node: DescribedNode): string {
  if (node.const !== undefined) return code(node.const);
  if (node.enum) return node.enum.map(code).join(", ");
  if (node.items?.enum) return `a list of ${node.items.enum.map(code).join(", ")}`;
  return needed(node);
}

function defaultOf(node: DescribedNode, required: boolean): string {
  if (required) return "required";
  if (node.default === undefined) return ABSENT;
  // The defaults of a block are those of its fields, which follow.
  if (node.properties) return "";
  return code(node.default);
}

/** A value as YAML writes it. */
function code(value: unknown): string {
  const text = Array.isArray(value)
    ? `[${value.join(", ")}]`
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
  return `\`${text}\``;
}

import { type DescribedNode, type Field, fieldsOf, sameBlock } from "./fields.ts";

const WRITTEN = `<!-- Written by scripts/write-docs.ts from the schemas: change a field there, then \`make format\`. -->`;

const INDEX = `# Recipes, field by field

${WRITTEN}

A recipe is a YAML or JSON file, and all of a run is in it. What is left out has the default of its page; a field that is not there is refused. Rules between fields are checked when the recipe is read, before anything starts.

- _required_: has no default, and is needed wherever its block is given. –: may be left out, and nothing stands in its place.
- Paths start from the worker's \`--root\`.
- Editors that know YAML schemas complete and check a recipe that begins with \`# yaml-language-server: $schema=…\` and the path to its pipeline's file in [configs/schema](../../configs/schema).

The \`pipeline\` of a recipe is one of these:`;

/** docs/recipes/README.md, before the formatter: what all recipes have in common, and where each pipeline's fields are. */
export function recipeIndex(schemas: Readonly<Record<string, DescribedNode>>): string {
  const lines = Object.entries(schemas).map(
    ([name, { description = "" }]) => `- [${name}](${name}.md): ${description}`,
  );
  return `${INDEX}\n\n${lines.join("\n")}`;
}

/** A pipeline's page below docs/recipes, before the formatter: a table per block; a block that is used again is named. */
export function recipePage(pipeline: string, schema: DescribedNode): string {
  const blocks = Object.keys(schema.properties ?? {}).filter((name) => blockOf(schema, name));
  const onTop = fieldsOf(schema, {}).filter((field) => !blocks.includes(rootOf(field)));
  return [
    `# The recipe of \`${pipeline}\``,
    WRITTEN,
    `${schema.description}. How to read the tables is in [README.md](README.md).`,
    "## On top",
    table(onTop),
    ...blocks.map((name, place) => section(name, schema, blocks.slice(0, place))),
  ].join("\n\n");
}

function section(name: string, schema: DescribedNode, before: readonly string[]): string {
  const { [name]: own, ...others } = schema.properties!;
  const needed = schema.required?.includes(name) ? "Required" : "May be left out";
  const told = [own!.description, own!.items ? "A list of blocks" : undefined, needed];
  const head = `## ${name}\n\n${told.filter((text) => text !== undefined).join(". ")}.`;
  const like = before.find((other) => sameBlock(schema.properties![other]!, own!));
  if (like !== undefined) return `${head} The fields are those of [${like}](#${like}).`;
  return `${head}\n\n${table(fieldsOf(own!.items ?? own!, others))}`;
}

/** Something with fields of its own: a block, or a list of blocks. */
function blockOf(schema: DescribedNode, name: string): DescribedNode | undefined {
  const node = schema.properties?.[name];
  return node?.properties ? node : node?.items?.properties ? node.items : undefined;
}

function rootOf(field: Field): string {
  return field.name.split(/[.[]/)[0]!;
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(({ name, takes, default: usual, meaning = "" }) => [`\`${name}\``, takes, usual, meaning]);
  return [["field", "takes", "default", "meaning"], Array<string>(4).fill("---"), ...rows]
    .map((cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

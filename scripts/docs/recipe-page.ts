import { agreed, type ByPipeline, mapped, mergedField, mergedNames, onlyIn, present } from "./compare.ts";
import { type DescribedNode, type Field, fieldsOf, sameBlock } from "./fields.ts";

const HEAD = `# The recipe, field by field

<!-- Written by scripts/write-docs.ts from the schemas in src/recipe: change a field there, then \`make format\`. -->

A recipe is a YAML or JSON file, and all of a run is in it. What is left out has the default below; a field that is not below is refused. Rules between fields are checked when the recipe is read, before anything starts.

- _required_: has no default, and is needed wherever its block is given. –: may be left out, and nothing stands in its place.
- Paths start from the worker's \`--root\`.
- Editors that know YAML schemas complete and check a recipe that begins with \`# yaml-language-server: $schema=…\` and the path to its pipeline's file in [configs/schema](../configs/schema).

The pipelines are these; where they differ, the tables say so.`;

/** docs/recipe.md, before the formatter: a table per block, shared blocks once. The schemas stand under their pipelines. */
export function recipePage(schemas: Readonly<Record<string, DescribedNode>>): string {
  const names = mergedNames(Object.values(schemas).map((schema) => Object.keys(schema.properties ?? {})));
  const blocks = names.filter((name) => Object.values(schemas).some((schema) => blockOf(schema, name)));
  const onTop = mapped(schemas, (schema) => fieldsOf(schema, {}).filter((field) => !blocks.includes(rootOf(field))));
  return [
    HEAD,
    Object.entries(schemas)
      .map(([name, { description = "" }]) => `- \`${name}\`: ${description}`)
      .join("\n"),
    "## On top",
    table(onTop),
    ...blocks.map((name, place) => section(name, schemas, blocks.slice(0, place))),
  ].join("\n\n");
}

function section(name: string, schemas: Readonly<Record<string, DescribedNode>>, before: readonly string[]): string {
  const nodes = mapped(schemas, (schema) => schema.properties?.[name]);
  const sentences = [
    agreed(mapped(nodes, (node) => node.description)),
    Object.values(nodes).some((node) => node?.items) ? "A list of blocks" : undefined,
    agreed(mapped(schemas, (schema) => needOf(name, schema))),
    onlyIn(nodes),
  ];
  const head = `## ${name}\n\n${sentences.filter((text) => text !== undefined).join(". ")}.`;
  const like = before.find((other) => Object.values(schemas).every((schema) => sameFields(schema, name, other)));
  if (like !== undefined) return `${head} The fields are those of [${like}](#${like}).`;
  const fields = mapped(present(schemas), (schema) => {
    const { [name]: own, ...others } = schema.properties ?? {};
    return own && fieldsOf(own.items ?? own, others);
  });
  return `${head}\n\n${table(present(fields))}`;
}

function sameFields(schema: DescribedNode, name: string, other: string): boolean {
  const [one, two] = [schema.properties?.[name], schema.properties?.[other]];
  return one !== undefined && two !== undefined && sameBlock(one, two);
}

/** Something with fields of its own: a block, or a list of blocks. */
function blockOf(schema: DescribedNode, name: string): DescribedNode | undefined {
  const node = schema.properties?.[name];
  return node?.properties ? node : node?.items?.properties ? node.items : undefined;
}

function needOf(name: string, schema: DescribedNode): string | undefined {
  if (schema.properties?.[name] === undefined) return undefined;
  return schema.required?.includes(name) ? "Required" : "May be left out";
}

function rootOf(field: Field): string {
  return field.name.split(/[.[]/)[0]!;
}

function table(fields: ByPipeline<readonly Field[]>): string {
  const names = mergedNames(Object.values(fields).map((list) => list!.map((field) => field.name)));
  const rows = names.map((name) => {
    const own = mapped(fields, (list) => list.find((field) => field.name === name));
    const { takes, default: usual, meaning = "" } = mergedField(name, own);
    return [`\`${name}\``, takes, usual, meaning];
  });
  return [["field", "takes", "default", "meaning"], Array<string>(4).fill("---"), ...rows]
    .map((cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

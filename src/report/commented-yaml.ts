import { Document, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { schemaAt, type SchemaNode } from "../recipe/needed.ts";

/** A node of the schema with the sentence that it was described by. */
interface Described extends SchemaNode {
  readonly description?: string;
}

/** A recipe as YAML, every block and field with what the schema says about it. */
export function commentedYaml(recipe: object, schema: object): string {
  const document = new Document(recipe);
  if (isMap(document.contents)) describe(document.contents, [], schema);
  return document.toString({ lineWidth: 0 });
}

function describe(map: YAMLMap, path: readonly string[], schema: object): void {
  for (const pair of map.items) {
    const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const { description } = (schemaAt(schema, [...path, name]) ?? {}) as Described;
    if (isMap(pair.value)) describeBlock(pair, pair.value, description, path.length === 0);
    else if (isScalar(pair.value) && description) describeField(pair, pair.value, description);
    else if (isSeq(pair.value)) describeList(pair, pair.value, description);
    if (isMap(pair.value)) describe(pair.value, [...path, name], schema);
  }
}

/** Characters up to which a sentence stands behind its field. */
const SHORT = 80;

function describeField(pair: Pair, value: Scalar, description: string): void {
  if (description.length <= SHORT) value.comment = ` ${description}`;
  else if (isScalar(pair.key)) pair.key.commentBefore = ` ${description}`;
}

/** A list of words on one line; a list of blocks a line each. */
function describeList(pair: Pair, value: YAMLSeq, description: string | undefined): void {
  if (description && isScalar(pair.key)) pair.key.commentBefore = ` ${description}`;
  const blocks = value.items.filter((item) => isMap(item));
  for (const block of blocks) block.flow = true;
  value.flow = blocks.length === 0;
}

function describeBlock(pair: Pair, value: YAMLMap, description: string | undefined, spaced: boolean): void {
  if (!isScalar(pair.key)) return;
  pair.key.spaceBefore = spaced;
  // A block that is written on one line would swallow a comment behind it.
  if (description) pair.key.commentBefore = ` ${description}`;
  value.flow = false;
}

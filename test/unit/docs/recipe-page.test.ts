import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recipePages } from "../../../scripts/docs/markdown.ts";
import { recipeIndex, recipePage } from "../../../scripts/docs/recipe-page.ts";

const FOLDER = join(import.meta.dirname, "../../../docs/recipes");
const PAGES = Object.fromEntries(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));

test("docs/recipes is what scripts/write-docs.ts writes", async () => {
  expect(PAGES).toEqual(await recipePages());
});

test("every field says what it means", () => {
  const rows = Object.values(PAGES).flatMap((page) => page.split("\n").filter((line) => line.startsWith("| `")));
  expect(rows.length).toBeGreaterThan(200);
  expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
});

test("a block is told once, with the fields of blocks inside it", () => {
  const gap = { type: "number", minimum: 0, maximum: 2, default: 0.3, description: "Smaller ones are weak" };
  const below = { type: "string", enum: ["keep", "drop"], default: "keep", description: "a | b" };
  const judge = {
    type: "object",
    properties: { model: { type: "string", description: "Folder" } },
    required: ["model"],
  };
  const schema = {
    description: "The first",
    properties: {
      name: { type: "string", description: "Its name" },
      scoring: { type: "object", description: "From scores to pairs", properties: { gap, below } },
      half: {
        type: "object",
        description: "Which half",
        properties: { judges: { items: judge, type: "array", description: "All" } },
      },
      critic: { ...judge, description: "Scores" },
      evaluator: { ...judge, description: "Measures" },
      seats: { type: "array", items: judge, description: "Who sits" },
    },
    required: ["name", "critic", "evaluator"],
  };
  const page = recipePage("first", schema);
  expect(page.slice(page.indexOf("## On top"))).toBe(`## On top

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`name\` | a text | required | Its name |

## scoring

From scores to pairs. May be left out.

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`gap\` | a number from 0 to 2 | \`0.3\` | Smaller ones are weak |
| \`below\` | \`keep\`, \`drop\` | \`keep\` | a \\| b |

## half

Which half. May be left out.

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`judges\` | a list of blocks | – | All |
| \`judges[].model\` | a text | required | Folder |

## critic

Scores. Required.

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`model\` | a text | required | Folder |

## evaluator

Measures. Required. The fields are those of [critic](#critic).

## seats

Who sits. A list of blocks. May be left out.

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`model\` | a text | required | Folder |`);
  expect(recipeIndex({ first: schema })).toMatch(/- \[first\]\(first\.md\): The first$/);
});

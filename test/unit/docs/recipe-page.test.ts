import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recipeMarkdown } from "../../../scripts/docs/markdown.ts";
import { recipePage } from "../../../scripts/docs/recipe-page.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/recipe.md"), "utf8");

test("docs/recipe.md is what scripts/write-docs.ts writes", async () => {
  expect(PAGE).toBe(await recipeMarkdown());
});

test("every field says what it means", () => {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
});

test("a block is told once; where pipelines differ, the row says so", () => {
  const silent = { type: "number", minimum: 0, maximum: 2 };
  const gap = { ...silent, description: "Smaller ones are weak" };
  const scoring = { type: "object", description: "From scores to pairs" };
  const below = { type: "string", enum: ["keep", "drop"], default: "keep", description: "a | b" };
  const judge = {
    type: "object",
    properties: { model: { type: "string", description: "Folder" } },
    required: ["model"],
  };
  const page = recipePage({
    first: {
      description: "The first",
      properties: {
        name: { type: "string", description: "Its name" },
        scoring: { ...scoring, properties: { gap: { ...gap, default: 0.3 }, below } },
        critic: { ...judge, description: "Scores" },
        evaluator: { ...judge, description: "Measures" },
      },
      required: ["name", "critic", "evaluator"],
    },
    second: {
      description: "The second",
      properties: {
        name: { type: "string" },
        scoring: { ...scoring, properties: { gap: { ...silent, default: 0.5 } } },
        half: {
          type: "object",
          description: "Which half",
          properties: { judges: { items: judge, type: "array", description: "All" } },
        },
        critic: { ...judge, description: "Scores" },
        evaluator: { ...judge, description: "Measures" },
      },
      required: ["critic", "evaluator"],
    },
  });
  expect(page.slice(page.indexOf("- `first`"))).toBe(`- \`first\`: The first
- \`second\`: The second

## On top

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`name\` | a text | required; in second – | Its name |

## scoring

From scores to pairs. May be left out.

| field | takes | default | meaning |
| --- | --- | --- | --- |
| \`gap\` | a number from 0 to 2 | \`0.3\`; in second \`0.5\` | Smaller ones are weak |
| \`below\` | \`keep\`, \`drop\` | \`keep\` | a \\| b. Only in first |

## half

Which half. May be left out. Only in second.

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

Measures. Required. The fields are those of [critic](#critic).`);
});

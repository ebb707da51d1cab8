import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp, { type Sharp } from "sharp";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { shipped } from "./recipe.ts";
import { temporaryFolder } from "./temporary.ts";

/** A row as users write them. */
export function aRow(id: string, more: object = {}): Record<string, unknown> {
  return { id, images: [`${id}.png`], question: "Where?", answer: "A", question_type: "left", ...more };
}

/** A small picture that no other number has. */
export function picture(number: number): Sharp {
  const pixels = Buffer.from(Array.from({ length: 8 * 6 * 3 }, (_, at) => (at * 7 + number * 31) % 256));
  return sharp(pixels, { raw: { width: 8, height: 6, channels: 3 } });
}

/**
 * A worker's root with data/questions.jsonl and a picture data/images/<id>.png for every row; all rows are trained on,
 * in one iteration, unless `data` says otherwise.
 */
export async function dataRoot(
  rows: readonly Record<string, unknown>[],
  data: object = {},
): Promise<{ root: string; recipe: Recipe; put: (name: string, content: string | Buffer) => string }> {
  const root = temporaryFolder();
  const put = (name: string, content: string | Buffer): string => {
    const path = join(root, "data", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  put("questions.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  for (const [number, { id }] of rows.entries())
    put(`images/${String(id)}.png`, await picture(number).png().toBuffer());
  const recipe = shipped("snowball.simulated.yaml", {
    data: {
      path: "data/questions.jsonl",
      image_root: "data/images",
      max_samples: undefined,
      held_out: { val: 0, test: 0 },
      ...data,
    },
    loop: { num_iterations: 1, gate: "promote" },
  });
  return { root, recipe, put };
}

import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectData } from "../../../../src/pipeline/snowball/inspect-data.ts";
import { aRow, dataRoot } from "../../../support/data.ts";

test("sizes of what a run uses, without a look into the images", async () => {
  const rows = Array.from({ length: 9 }, (_, i) => aRow(`q${i}`, { answer: undefined, images: [`q${i % 8}.png`] }));
  const { root, recipe, put } = await dataRoot(rows, { held_out: { val: 2, test: 1 } });
  recipe.scoring.method = "confidence";
  for (let i = 0; i < 8; i++) put(`images/q${i}.png`, "x".repeat(100 + i));
  const size = await inspectData(root, recipe);
  expect(size.questions).toBe(9);
  expect(size.shards[0]! + size.val + size.test + size.leftOut.besideHeldOut).toBe(9);
  expect(size.hasAnswers).toBe(false);
  expect([size.val, size.test]).toEqual([2, 1]);
  // q0 and q8 share a picture; of a held-out pair only one may have been taken.
  expect(size.shards[0]).toBeGreaterThanOrEqual(5);
  expect(size.images).toBe(8);
  expect(size.imageBytes).toBe(8 * 100 + 28);
});

test("a missing image is said, not guessed", async () => {
  const { root, recipe } = await dataRoot([aRow("a"), aRow("b")]);
  const path = join(root, "data/images/b.png");
  expect((await inspectData(root, recipe)).imageBytes).toBeGreaterThan(statSync(path).size);
  rmSync(path);
  await expect(inspectData(root, recipe)).rejects.toMatchObject({
    type: "BadInput",
    message: 'data/questions.jsonl, row 2 (id "b"): image "b.png" cannot be found under data.image_root.',
  });
});

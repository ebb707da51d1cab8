import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openContext } from "../../../../src/model/context.ts";
import type { Example } from "../../../../src/pipeline/pointer-selector/examples.ts";
import { tooLong } from "../../../../src/pipeline/pointer-selector/prompt-length.ts";
import { PROJECT } from "../../../harness/world.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const example = (id: string, question: string, images = 1): Example => ({
  id,
  question,
  answer: "red box 4",
  answers: ["red box 4"],
  images: Array.from({ length: images }, (_, at) => `${id}-${at}.png`),
  image_digests: Array.from({ length: images }, (_, at) => `${id}-${at}`),
  question_type: "all",
  scene: id,
});
const critic = { max_pixels: 128 * 128, max_new_tokens: 6 };

test("the longest prompt is counted by the model's own tokenizer, and refused where it does not fit", async () => {
  const context = await openContext(join(PROJECT, "demo/snowball/critic"));
  expect(context.limit).toBe(512);
  expect(context.imageTokens(128 * 128)).toBe(16 + 2);
  const asked = [example("q", "What is beside the blue box?")];
  const pool = [example("a", "What is beside the blue box?"), example("b", "What is beside the red box?", 3)];
  const sets = { pool, queries: asked, test: asked };
  expect(tooLong(sets, context, critic, 2)).toBeUndefined();
  const larger = { ...critic, max_pixels: 4 * 128 * 128 };
  // Five images of 66 tokens are 330; with twice as many pixels 650.
  expect(tooLong(sets, context, larger, 2)).toBeUndefined();
  expect(tooLong(sets, context, { ...critic, max_pixels: 8 * 128 * 128 }, 2)).toMatch(
    /^a prompt of 2 shots takes up to \d+ tokens \(with "q" asked and "b" before it\), and the model reads 512$/,
  );
});

test("a configuration that does not say how images become tokens is refused", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "config.json"), JSON.stringify({ text_config: { max_position_embeddings: 8 } }));
  await expect(openContext(folder)).rejects.toThrow(
    "does not say max_position_embeddings and vision_config.patch_size",
  );
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { ActivityDeps } from "../../../../activities/deps.ts";
import { makeDistinct, type Wanted } from "../../../../activities/snowball/views.ts";
import type { ImageBackend } from "../../../../src/model/image/backend.ts";
import type { ImportedQuestion } from "../../../../src/dataset/question.ts";
import type { RunFiles } from "../../../../src/pipeline/snowball/files.ts";
import { temporaryFolder } from "../../../support/temporary.ts";
import { shipped } from "../../../support/recipe.ts";
import { viewParams } from "../../../../src/pipeline/snowball/keys.ts";

const recipe = shipped("snowball.demo-flux.yaml");
const deps = { root: "/root" } as ActivityDeps;
const QUESTIONS: Readonly<Record<string, ImportedQuestion>> = Object.fromEntries(
  ["a", "b"].map((id) => [id, { id, images: [`${id}.png`] } as unknown as ImportedQuestion]),
);

function filesOf(executor: object): RunFiles {
  const models = { planner: "p", critic: "c", evaluator: "e", executor: "editor's digest" };
  return { recipe: { ...recipe, executor: { ...recipe.executor, ...executor } }, models } as RunFiles;
}

function view(id: string, rollout: number, index: number, instruction: string): Wanted {
  return { question: QUESTIONS[id]!, rollout, index, instruction, seed: `${id} ${index}` };
}

/** Of question a, rollouts 0 and 2 ask for the same, and rollout 1 for two views. */
const WANTED = [
  view("a", 0, 0, "left"),
  view("a", 1, 0, "right"),
  view("a", 1, 1, "left"),
  view("a", 2, 0, "left"),
  view("b", 0, 0, "left"),
];

/** An executor that paints its instruction's length, and what it was asked at once. */
function painter(inBatches: boolean) {
  const asked: string[][] = [];
  const backend: ImageBackend = {
    inBatches,
    async edit(items, { onProgress }) {
      asked.push(items.map(({ image, instruction, seed }) => `${image} ${instruction} ${seed}`));
      for (const [place, { instruction, output }] of items.entries()) {
        const pixels = Uint8Array.from({ length: 12 }, (_, at) => at * instruction.length);
        await sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } })
          .png()
          .toFile(output);
        onProgress(place + 1, items.length);
      }
      return items.map(() => ({ status: "ok" }));
    },
  };
  return { backend, asked };
}

async function make(inBatches: boolean) {
  const folder = temporaryFolder();
  const { backend, asked } = painter(inBatches);
  const moved: number[][] = [];
  const options = { signal: new AbortController().signal, onProgress: (...at: number[]) => void moved.push(at) };
  const making = { folder, deps, files: filesOf({}), options, measure: false };
  const rows = await makeDistinct(backend, WANTED, making);
  return { folder, asked, moved, rows };
}

test("an executor that works in batches gets all views of an image together, and each distinct one once", async () => {
  const { folder, asked, moved, rows } = await make(true);
  const root = `/root/${recipe.data.image_root}`;
  expect(asked.toSorted((x, y) => y.length - x.length)).toEqual([
    [`${root}/a.png left a 0`, `${root}/a.png right a 0`, `${root}/a.png left a 1`],
    [`${root}/b.png left b 0`],
  ]);
  expect(rows.map(({ question_id: id, rollout, index, status }) => [id, rollout, index, status])).toEqual([
    ["a", 0, 0, "ok"],
    ["a", 1, 0, "ok"],
    ["a", 1, 1, "ok"],
    ["a", 2, 0, "ok"],
    ["b", 0, 0, "ok"],
  ]);
  const [first, , , copy] = rows.map((row) => readFileSync(join(folder, row.file)));
  expect(copy!.equals(first!)).toBe(true);
  expect(moved.map(([done]) => done)).toEqual(moved.map(([done]) => done!).toSorted((a, b) => a - b));
  expect(moved.at(-1)).toEqual([4, 4]);
});

test("the others are given one view at a time", async () => {
  const { asked, rows } = await make(false);
  expect(asked.map((items) => items.length)).toEqual([1, 1, 1, 1]);
  expect(rows.map((row) => row.file)).toEqual((await make(true)).rows.map((row) => row.file));
});

const params = (executor: object) => viewParams(filesOf(executor).recipe.executor, "editor's digest");

test("an editor's settings are in the key of its views; how it is run is not, and other executors know nothing of it", () => {
  const key = JSON.stringify(params({}));
  expect(params({})).toMatchObject({ editor: { model: "editor's digest" } });
  for (const run of [{ micro_batch: 1 }, { offload: "model" }]) expect(JSON.stringify(params(run))).toBe(key);
  const shaping = [
    { num_inference_steps: 5 },
    { guidance_scale: 2 },
    { dtype: "bfloat16" },
    { max_input_pixels: 70_000 },
  ];
  for (const shape of shaping) expect(JSON.stringify(params(shape))).not.toBe(key);
  for (const backend of ["scene-renderer", "simulated"]) expect(params({ backend })).not.toHaveProperty("editor");
});

test("a view that fails ends the step only when those under way are done, and nothing new is begun", async () => {
  const folder = temporaryFolder();
  let atWork = 0;
  let begun = 0;
  const backend: ImageBackend = {
    async edit(items) {
      begun++;
      if (items[0]!.instruction === "view 1") throw new Error("out of luck");
      atWork++;
      await sleep(20);
      atWork--;
      return items.map(() => ({ status: "refused" }));
    },
  };
  const wanted = Array.from({ length: 12 }, (_, at) => view("a", at, 0, `view ${at}`));
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  const making = makeDistinct(backend, wanted, { folder, deps, files: filesOf({}), options, measure: false });
  await expect(making).rejects.toThrow("out of luck");
  expect(atWork).toBe(0);
  expect(begun).toBeLessThanOrEqual(4);
});

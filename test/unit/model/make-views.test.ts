import { existsSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { EditItem, Edited, ImageBackend } from "../../../src/model/image/backend.ts";
import { makeViews } from "../../../src/model/image/make-views.ts";
import { seedFor } from "../../../src/seed.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const options = { signal: new AbortController().signal, onProgress: () => {}, maxRetries: 2 };

async function paint(path: string, colours: readonly [number, number]): Promise<void> {
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, at) => colours[at % 2]!);
  await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toFile(path);
}

/** An editor whose views are black until the seed that an instruction names, "black <tries> times", and its requests. */
function editor() {
  const asked: (readonly EditItem[])[] = [];
  const backend: ImageBackend = {
    inBatches: true,
    async edit(items) {
      asked.push(items);
      const edits = items.map(async ({ instruction, output }): Promise<Edited> => {
        if (instruction === "never") return { status: "refused", reason: "not with me" };
        const black = Number(/^black (\d+) times$/.exec(instruction)?.[1] ?? 0);
        await paint(output, asked.length <= black ? [0, 0] : [10, 200]);
        return { status: "ok" };
      });
      return Promise.all(edits);
    },
  };
  return { backend, asked };
}

test("bad views are made again together, each under its own recorded seed, and no other view is", async () => {
  const folder = temporaryFolder();
  const instructions = ["fine", "black 1 times", "never", "black 2 times", "black 9 times"];
  const views = instructions.map((instruction, place) => {
    return { instruction, seed: `s${place}`, output: join(folder, `${place}.png`) };
  });
  const { backend, asked } = editor();
  const flat = "the image is of one flat colour, rgb(0, 0, 0)";
  expect(await makeViews(backend, ["/given.png"], views, options)).toEqual([
    { status: "ok", retries: 0 },
    { status: "ok", retries: 1 },
    { status: "refused", reason: "not with me", retries: 0 },
    { status: "ok", retries: 2 },
    { status: "failed", reason: flat, retries: 2 },
  ]);
  expect(asked.map((items) => items.map((item) => item.seed))).toEqual([
    ["s0", "s1", "s2", "s3", "s4"],
    [1, 3, 4].map((place) => seedFor(`s${place}`, "retry", 1)),
    [3, 4].map((place) => seedFor(`s${place}`, "retry", 2)),
  ]);
  expect(asked.flat().every((item) => item.image === "/given.png")).toBe(true);
  // What failed leaves no picture behind that somebody could take for a view.
  expect(views.map(({ output }) => existsSync(output))).toEqual([true, true, false, true, false]);
});

test("what else was given stands beside the image that is edited", async () => {
  const view = { instruction: "fine", seed: "s", output: join(temporaryFolder(), "0.png") };
  const { backend, asked } = editor();
  await makeViews(backend, ["/given.png", "/left.png", "/right.png"], [view], options);
  expect(asked[0]).toEqual([{ ...view, image: "/given.png", references: ["/left.png", "/right.png"] }]);
});

test("a view that the editor claims and did not write is a bad one", async () => {
  const view = { instruction: "fine", seed: "s", output: join(temporaryFolder(), "0.png") };
  const backend: ImageBackend = { edit: async (items) => items.map(() => ({ status: "ok" })) };
  expect(await makeViews(backend, ["/given.png"], [view], { ...options, maxRetries: 0 })).toEqual([
    { status: "failed", reason: "the image does not exist", retries: 0 },
  ]);
});

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createImageFetcher } from "../../../../src/dataset/fetch/fetch-image.ts";
import { FETCH_LIMITS } from "../../../../src/dataset/fetch/limits.ts";
import type { ExampleKind } from "../../../../src/dataset/sets/example.ts";
import { adapterOf } from "../../../../src/dataset/sets/index.ts";
import { layOut, type LayOutOptions } from "../../../../src/dataset/sets/lay-out.ts";
import { loadExamples } from "../../../../src/dataset/sets/read.ts";
import { imageHost, nobody, png, sends } from "../../../support/image-host.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/sets");
const QUICK = { ...FETCH_LIMITS, backoffMs: 5, attempts: 2 };

const lay = (files: readonly string[], folder: string, format: string, more: Partial<LayOutOptions> = {}) =>
  layOut(files, folder, adapterOf(format), {
    atOnce: 4,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });

const linesOf = (file: string): unknown[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

/** An example without the names of its images. */
const bare = (each: object): object => ({ ...each, image: undefined, images: undefined, scene: undefined });

test.each([
  ["rlhf-v", "rlhf-v", "preference", ["images/000001_0.jpg"], ["images/000002_0.png"]],
  ["cv-bench", "cv-bench", "item", ["images/000001_0.png"], ["images/000002_0.png"]],
  ["spatial-qa.packed", "spatial-qa", "task", ["images/000001_0.png"], ["images/000001_0.png"]],
] as const)(
  "images of %s.parquet become files, and its rows stay rows of %s",
  async (file, format, kind, ...images) => {
    const folder = temporaryFolder();
    const laid = await lay([join(FIXTURES, `${file}.parquet`)], folder, format);
    expect(laid.failed).toEqual([]);
    const there = readdirSync(join(folder, "images")).map((name) => `images/${name}`);
    expect(there.toSorted()).toEqual([...new Set(images.flat())]);
    const { examples } = await loadExamples(folder, { path: "rows.jsonl", format }, kind as ExampleKind);
    expect(examples.map((each) => ("image" in each ? each.image : each.images))).toEqual(images);
    const named = file === "rlhf-v" ? "rlhf-v.names" : file === "cv-bench" ? "cv-bench.names" : "spatial-qa";
    const before = await loadExamples(FIXTURES, { path: `${named}.parquet`, format }, kind as ExampleKind);
    expect(examples.map(bare)).toEqual(before.examples.map(bare));
  },
);

test("images of the web are fetched; rows whose image is lost are left out by name, and keep no one else's id", async () => {
  const host = await imageHost({ "/1.png": sends(await png(1)), "/3.png": sends(await png(3)), "/4": sends("<html>") });
  const rows = ["1.png", "2.png", "3.png", "4"].map((name, at) => ({
    image_url: `${host.address}/${name}`,
    caption: `Picture ${at + 1}.`,
    transcripts: ["never read"],
  }));
  const folder = temporaryFolder();
  const file = join(folder, "raw.jsonl");
  writeFileSync(file, [...rows.map((row) => JSON.stringify(row)), "{"].join("\n"));
  const fetcher = await createImageFetcher(join(folder, "images"), QUICK);
  const laid = await lay([file], folder, "pixmo-cap", { fetcher });
  expect(laid).toMatchObject({ rows: 2, images: 2 });
  expect(linesOf(join(folder, "failed.jsonl"))).toEqual([
    { file, row: 2, url: `${host.address}/2.png`, problem: "answers with the status 404" },
    { file, row: 4, url: `${host.address}/4`, problem: "is no image that models read (a web page)" },
    { file, row: 5, problem: expect.stringMatching(/^it is not JSON/) },
  ]);
  const { examples } = await loadExamples(folder, { path: "rows.jsonl", format: "pixmo-cap" }, "demonstration");
  expect(examples.map(({ id, answer }) => [id, answer])).toEqual([
    ["1", "Picture 1."],
    ["3", "Picture 3."],
  ]);
  expect(linesOf(join(folder, "rows.jsonl"))[0]).not.toHaveProperty("transcripts");

  // The limit counts rows of the file, so that it means the same ones whatever can be had today.
  await lay([file], folder, "pixmo-cap", { fetcher, limit: 2 });
  expect(linesOf(join(folder, "rows.jsonl"))).toHaveLength(1);
});

test("VSR's rows are fetched by their links", async () => {
  const host = await imageHost({ "/7.jpg": sends(await png(7)) });
  const folder = temporaryFolder();
  const file = join(folder, "test.jsonl");
  const row = {
    image: "7.jpg",
    image_link: `${host.address}/7.jpg`,
    caption: "The cup is on the box.",
    label: 1,
    relation: "on",
  };
  writeFileSync(file, `${JSON.stringify(row)}\n`);
  await lay([file], folder, "vsr", { fetcher: await createImageFetcher(join(folder, "images"), QUICK) });
  const { examples } = await loadExamples(folder, { path: "rows.jsonl", format: "vsr" }, "item");
  expect(examples[0]!.images[0]).toMatch(/^images\/[0-9a-f]{20}\.png$/);
  expect(existsSync(join(folder, examples[0]!.images[0]!))).toBe(true);
});

test("a dead host at the end of a file is a dead link, and no lack of a network", async () => {
  const host = await imageHost({ "*": sends(await png(1)) });
  const folder = temporaryFolder();
  const file = join(folder, "raw.jsonl");
  const urls = [...Array.from({ length: 32 }, (_, at) => `${host.address}/${at}`), `${await nobody()}/a.png`];
  writeFileSync(file, urls.map((image_url) => `${JSON.stringify({ image_url, caption: "A cup." })}\n`).join(""));
  const fetcher = await createImageFetcher(join(folder, "images"), QUICK);
  expect(await lay([file], folder, "pixmo-cap", { fetcher })).toMatchObject({ rows: 32, failed: [{ row: 33 }] });
});

test("where no host can be reached, one sentence says so", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "raw.jsonl");
  writeFileSync(file, JSON.stringify({ image_url: `${await nobody()}/a.png`, caption: "A cup." }));
  const fetcher = await createImageFetcher(join(folder, "images"), QUICK);
  await expect(lay([file], folder, "pixmo-cap", { fetcher })).rejects.toMatchObject({
    type: "Infrastructure",
    message: expect.stringMatching(
      /^No host can be reached, the next of them by http:.*a\.png, which cannot/,
    ) as string,
  });
  expect(existsSync(join(folder, "rows.jsonl"))).toBe(false);
});

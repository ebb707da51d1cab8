import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execa } from "execa";
import type { Embedded } from "../../../src/model/embed/backend.ts";
import { projectRunners } from "../../../src/model/python.ts";
import { openPointer } from "../../../src/model/selector/onnx.ts";
import { openSelector, type PoolExample, type Serving, writeServed } from "../../../src/model/selector/served.ts";
import { rng } from "../../../src/seed.ts";

const DIM = 8;
const SHOTS = 2;
const folder = mkdtempSync(join(tmpdir(), "snowball-selector-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const next = rng("vectors");
const vector = (): Float32Array => Float32Array.from({ length: DIM }, () => 2 * next() - 1);
const example = (): Embedded => ({ image: vector(), text: vector() });
const vectors = Array.from({ length: 20 }, example);
const queries = Array.from({ length: 300 }, example);
const pool = vectors.map((_, at): PoolExample => ({
  id: `e${at}`,
  question: "What?",
  answer: "a",
  images: [`${at}.png`],
  image_digests: [`${at}`],
}));
const serving: Serving = {
  encoder: { backend: "simulated", model: "simulated", dtype: "float32", attn_implementation: "sdpa", digest: "" },
  sampler: "mixed",
  candidates: 12,
  shots: SHOTS,
  seed: 0,
  dim: DIM,
};

/** A network of random weights, exported; and what PyTorch chooses of the first ten candidates of the pool. */
const MAKE = `
import json, sys
from pathlib import Path
import torch
from runners.selector.export import export
from runners.selector.network import Selector
torch.manual_seed(0)
network = Selector(dim=${DIM}, hidden=16, heads=2, temperature=0.1, shots=${SHOTS}).eval()
folder = Path(sys.argv[1])
export(network, ${DIM}, folder)
pool, queries = (torch.tensor(each) for each in json.loads((folder / "vectors.json").read_text()))
picks = network(queries, pool[:10].expand(len(queries), -1, -1, -1))
(folder / "picks.json").write_text(json.dumps(picks.tolist()))
`;

let picks: number[][];
beforeAll(async () => {
  const listed = [vectors, queries].map((all) => all.map(({ image, text }) => [[...image], [...text]]));
  writeFileSync(join(folder, "vectors.json"), JSON.stringify(listed));
  const { python, cwd, env } = projectRunners();
  await execa(python, ["-c", MAKE, folder], { cwd, env });
  picks = JSON.parse(readFileSync(join(folder, "picks.json"), "utf8")) as number[][];
  await writeServed(folder, serving, pool, vectors);
}, 180_000);

test("the graphs choose as PyTorch does, many queries at once and queries of other sizes between them", async () => {
  const pointer = await openPointer(folder, vectors);
  const ten = Array.from({ length: 10 }, (_, at) => at);
  expect(await pointer.choose(queries.map((query) => ({ query, candidates: ten })))).toEqual(picks);
  // Alone, and beside others with fewer candidates, a query chooses the same.
  const mixed = [
    { query: queries[0]!, candidates: ten },
    { query: queries[1]!, candidates: [19, 4, 7] },
    { query: queries[2]!, candidates: ten },
  ];
  const [first, second, third] = await pointer.choose(mixed);
  expect([first, third]).toEqual([picks[0], picks[2]]);
  expect(new Set(second).size).toBe(SHOTS);
  for (const place of second!) expect([19, 4, 7]).toContain(place);
});

test("a served selector draws candidates by itself, and shows nothing that it was told to leave out", async () => {
  const selector = await openSelector(folder);
  const asked = queries.slice(0, 40).map((each, at) => ({ ...each, id: `q${at}` }));
  const chosen = await selector.select(asked);
  expect(await selector.select(asked)).toEqual(chosen);
  for (const examples of chosen) expect(new Set(examples.map(({ id }) => id)).size).toBe(SHOTS);
  const without = new Set(chosen[0]!.map(({ id }) => id));
  const [again] = await selector.select([{ ...asked[0]!, without }]);
  for (const { id } of again!) expect(without.has(id)).toBe(false);
});

test("what cannot be served is refused in a sentence", async () => {
  const selector = await openSelector(folder);
  const short = { image: Float32Array.of(1), text: Float32Array.of(1), id: "short" };
  await expect(selector.select([short])).rejects.toThrow("Query short has vectors of 1 and 1 numbers; 8 are needed.");
  const all = { ...queries[0]!, id: "all", without: new Set(pool.map(({ id }) => id)) };
  await expect(selector.select([all])).rejects.toThrow("0 examples are left for query all; 2 are needed");
  await expect(openSelector(tmpdir())).rejects.toThrow("holds no selector; name the final folder of a complete run.");
});

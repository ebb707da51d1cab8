import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeJson, writeJsonLines } from "../../artifact/files.ts";
import { SAMPLERS } from "../../contract/selector.ts";
import { StepFailure } from "../../failure.ts";
import { seedFor } from "../../seed.ts";
import type { Embedded } from "../embed/backend.ts";
import { readFloats, writeFloats } from "../embed/floats.ts";
import { type Nearness, sampleCandidates } from "./candidates.ts";

/** What is beside the graphs: who embeds, how candidates are drawn, and how many rows the vectors of the pool have. */
const SERVING = "serving.json";
const POOL = "pool.jsonl";

const serving = z.object({
  encoder: z.object({
    backend: z.enum(["clip", "clip-onnx", "simulated"]),
    /** Relative to the root of the worker that made the selector. */
    model: z.string(),
    dtype: z.string(),
    attn_implementation: z.string(),
    digest: z.string(),
  }),
  sampler: z.enum(SAMPLERS),
  candidates: z.int().min(1),
  shots: z.int().min(1),
  seed: z.number(),
  dim: z.int().min(1),
});
export type Serving = z.output<typeof serving>;

const pooled = z.object({
  id: z.string(),
  question: z.string(),
  answer: z.string(),
  images: z.array(z.string()).readonly(),
  image_digests: z.array(z.string()).readonly(),
});

/** An example that is chosen from. */
export type PoolExample = z.output<typeof pooled>;

/** Writes beside the graphs what serves them. @param pool as rows, and as vectors */
export async function writeServed(
  folder: string,
  own: Serving,
  pool: readonly PoolExample[],
  vectors: readonly Embedded[],
): Promise<void> {
  await writeJson(join(folder, SERVING), own);
  await writeJsonLines(join(folder, POOL), pool);
  for (const part of ["image", "text"] as const) {
    await writeFloats(
      join(folder, `${part}.f32`),
      vectors.map((each) => each[part]),
    );
  }
}

/** A query as its vectors, which the selector's own encoder made. */
export interface SelectQuery extends Embedded {
  /** Names the draw of its candidates. */
  readonly id: string;
  /** Ids of examples that it must not be shown: itself, or another question about its picture. */
  readonly without?: ReadonlySet<string>;
}

export interface ServedSelector {
  readonly serving: Serving;
  readonly pool: readonly PoolExample[];
  /**
   * The examples to show before each query, the first first. Many queries at once are much faster than one after the
   * other.
   * @throws {StepFailure} BadInput for vectors of another length, and where too few examples are left to choose from
   */
  select(queries: readonly SelectQuery[]): Promise<PoolExample[][]>;
}

/**
 * Opens a trained selector, as a run's `final` folder shows it, on the CPU and without Python.
 * @param folder absolute
 * @throws {StepFailure} BadInput where the folder holds none
 */
export async function openSelector(folder: string, threads = 1): Promise<ServedSelector> {
  if (!existsSync(join(folder, SERVING))) {
    throw new StepFailure("BadInput", `${folder} holds no selector; name the final folder of a complete run.`);
  }
  if (!existsSync(join(folder, "selector.onnx"))) {
    throw new StepFailure("BadInput", `${folder} holds no selector.onnx: its training was simulated.`);
  }
  const own = serving.parse(JSON.parse(await readFile(join(folder, SERVING), "utf8")));
  const lines = (await readFile(join(folder, POOL), "utf8")).trim().split("\n");
  const pool = lines.map((line) => pooled.parse(JSON.parse(line)));
  const [images, texts] = await Promise.all(
    ["image", "text"].map((part) => readFloats(join(folder, `${part}.f32`), pool.length, own.dim)),
  );
  const vectors = pool.map((_, at): Embedded => ({ image: images![at]!, text: texts![at]! }));
  const { openPointer } = await import("./onnx.ts");
  const pointer = await openPointer(folder, vectors, threads);
  return {
    serving: own,
    pool,
    async select(queries) {
      for (const query of queries) refuseShape(query, own);
      const near = await pointer.nearness(queries);
      const choices = queries.map((query, at) => ({ query, candidates: candidatesOf(query, near[at]!, own, pool) }));
      const chosen = await pointer.choose(choices);
      return chosen.map((places) => places.map((at) => pool[at]!));
    },
  };
}

function refuseShape({ id, image, text }: SelectQuery, { dim }: Serving): void {
  if (image.length === dim && text.length === dim) return;
  const given = `${image.length} and ${text.length}`;
  throw new StepFailure("BadInput", `Query ${id} has vectors of ${given} numbers; ${dim} are needed.`);
}

function candidatesOf(
  query: SelectQuery,
  near: Nearness,
  { sampler, candidates, shots, seed }: Serving,
  pool: readonly PoolExample[],
): number[] {
  const allowed = pool.flatMap(({ id }, at) => (query.without?.has(id) ? [] : [at]));
  if (allowed.length < shots) {
    const left = `${allowed.length} examples are left for query ${query.id}`;
    throw new StepFailure("BadInput", `${left}; ${shots} are needed, because so many are chosen.`);
  }
  return sampleCandidates(near, allowed, { sampler, count: candidates, seed: seedFor(seed, query.id) });
}

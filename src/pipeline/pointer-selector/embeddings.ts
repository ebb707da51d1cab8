import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "../../artifact/files.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import type { ArtifactRef } from "../../contract/artifact.ts";
import { StepFailure } from "../../failure.ts";
import { remembering } from "../../run/recipe-file.ts";
import { rng, seedFor } from "../../seed.ts";
import type { Embedded } from "./candidates.ts";
import { type Example, SET_NAMES, type Sets } from "./examples.ts";

/** Numbers of a simulated vector. */
const SIMULATED_DIM = 16;
const FLOAT32 = 4;

export type EmbeddedSets = Readonly<Record<keyof Sets, readonly Embedded[]>>;

interface Shape {
  readonly dim: number;
  /** Rows of each set, in this order in the two files. */
  readonly rows: Readonly<Record<keyof Sets, number>>;
}

/** Vectors without a model: equal texts and equal pictures have equal ones, and nothing else is near. */
export function simulatedEmbedding({ question, image_digests: digests }: Example): Embedded {
  return { image: unit(seedFor("image", ...digests)), text: unit(seedFor("text", question)) };
}

function unit(seed: string): Float32Array {
  const next = rng(seed);
  const raw = Array.from({ length: SIMULATED_DIM }, () => 2 * next() - 1);
  const length = Math.hypot(...raw);
  return Float32Array.from(raw, (each) => each / length);
}

/** Writes image.f32 and text.f32 (little-endian, a row after the other) and shape.json. */
export async function writeEmbeddings(folder: string, sets: EmbeddedSets): Promise<number> {
  const all = SET_NAMES.flatMap((name) => sets[name]);
  const dim = all[0]!.text.length;
  const rows = { pool: sets.pool.length, queries: sets.queries.length, test: sets.test.length };
  for (const part of ["image", "text"] as const) {
    const joined = new Float32Array(all.length * dim);
    all.forEach((each, at) => joined.set(each[part], at * dim));
    await writeFile(join(folder, `${part}.f32`), Buffer.from(joined.buffer));
  }
  await writeJson(join(folder, "shape.json"), { dim, rows } satisfies Shape);
  return all.length;
}

const embedded = remembering<EmbeddedSets>();

/** @throws {StepFailure} BadInput where a vector has a number that is none */
export function readEmbeddings(store: ArtifactStore, ref: ArtifactRef): Promise<EmbeddedSets> {
  return embedded(ref.sha256, async () => {
    const folder = await store.open(ref);
    const { dim, rows } = await readJson<Shape>(join(folder, "shape.json"));
    const [image, text] = await Promise.all(["image", "text"].map((part) => readFloats(join(folder, `${part}.f32`))));
    let at = 0;
    const next = (): Embedded => {
      const from = dim * at++;
      return { image: image!.subarray(from, from + dim), text: text!.subarray(from, from + dim) };
    };
    const take = (name: keyof Sets): Embedded[] => Array.from({ length: rows[name] }, next);
    return { pool: take("pool"), queries: take("queries"), test: take("test") };
  });
}

async function readFloats(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  if (bytes.byteLength % FLOAT32 !== 0 || !floats.every(Number.isFinite)) {
    throw new StepFailure("BadInput", `${file} holds vectors with numbers that are none; embed the examples again.`);
  }
  return floats;
}

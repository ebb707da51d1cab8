import { join } from "node:path";
import { readJson, writeJson } from "../../artifact/files.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import type { ArtifactRef } from "../../contract/artifact.ts";
import type { Embedded } from "../../model/embed/backend.ts";
import { readFloats, writeFloats } from "../../model/embed/floats.ts";
import { remembering } from "../../run/recipe-file.ts";
import { SET_NAMES, type Sets } from "./examples.ts";

export type EmbeddedSets = Readonly<Record<keyof Sets, readonly Embedded[]>>;

interface Shape {
  readonly dim: number;
  /** Rows of each set, in this order in the two files. */
  readonly rows: Readonly<Record<keyof Sets, number>>;
}

/** Writes image.f32 and text.f32 (little-endian, a row after the other) and shape.json. */
export async function writeEmbeddings(folder: string, sets: EmbeddedSets): Promise<number> {
  const all = SET_NAMES.flatMap((name) => sets[name]);
  const rows = { pool: sets.pool.length, queries: sets.queries.length, test: sets.test.length };
  for (const part of ["image", "text"] as const) {
    await writeFloats(
      join(folder, `${part}.f32`),
      all.map((each) => each[part]),
    );
  }
  await writeJson(join(folder, "shape.json"), { dim: all[0]!.text.length, rows } satisfies Shape);
  return all.length;
}

const embedded = remembering<EmbeddedSets>();

/** @throws {StepFailure} BadInput where a vector has a number that is none */
export function readEmbeddings(store: ArtifactStore, ref: ArtifactRef): Promise<EmbeddedSets> {
  return embedded(ref.sha256, async () => {
    const folder = await store.open(ref);
    const { dim, rows } = await readJson<Shape>(join(folder, "shape.json"));
    const all = SET_NAMES.reduce((sum, name) => sum + rows[name], 0);
    const images = await readFloats(join(folder, "image.f32"), all, dim);
    const texts = await readFloats(join(folder, "text.f32"), all, dim);
    let at = 0;
    const take = (name: keyof Sets): Embedded[] =>
      Array.from({ length: rows[name] }, () => ({ image: images[at]!, text: texts[at++]! }));
    return { pool: take("pool"), queries: take("queries"), test: take("test") };
  });
}

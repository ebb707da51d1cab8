import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Embedded } from "../embed/backend.ts";
import type { Nearness } from "./candidates.ts";

/** Queries in one run of the graph: more would only fill memory. */
const AT_ONCE = 256;
/** A vector for the image and one for the text. */
const PARTS = 2;

/** A query, and places in the pool that it chooses among. */
export interface Choice {
  readonly query: Embedded;
  readonly candidates: readonly number[];
}

export interface Pointer {
  /** How near each query is to every example of the pool. */
  nearness(queries: readonly Embedded[]): Promise<Nearness[]>;
  /** The chosen places in the pool, in order, for each query. Queries may have different numbers of candidates. */
  choose(choices: readonly Choice[]): Promise<number[][]>;
}

/**
 * Opens an exported selector on the CPU for a pool of examples, which is projected once; what is left for each query is
 * small.
 * @param folder absolute; holds pool.onnx, selector.onnx and cosines.onnx
 */
export async function openPointer(folder: string, pool: readonly Embedded[], threads = 1): Promise<Pointer> {
  const open = (name: string) =>
    InferenceSession.create(join(folder, name), {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
  const projection = await open("pool.onnx");
  const examples = tensorOf(pool);
  const { projected } = await projection.run({ examples });
  await projection.release();
  const [session, cosines] = await Promise.all(["selector.onnx", "cosines.onnx"].map(open));

  async function chooseAlike(choices: readonly Choice[], count: number): Promise<number[][]> {
    const places = choices.flatMap(({ candidates }) => candidates);
    const { picks } = await session!.run({
      query: tensorOf(choices.map(({ query }) => query)),
      projected: projected!,
      candidates: new Tensor("int64", BigInt64Array.from(places, BigInt), [choices.length, count]),
    });
    const chosen = Array.from(picks!.data as BigInt64Array, Number);
    const shots = chosen.length / choices.length;
    return choices.map((_, at) => chosen.slice(at * shots, (at + 1) * shots));
  }

  return {
    async nearness(queries) {
      const near: Nearness[] = [];
      for (let from = 0; from < queries.length; from += AT_ONCE) {
        const own = queries.slice(from, from + AT_ONCE);
        const found = await cosines!.run({ query: tensorOf(own), examples });
        const all = found["cosines"]!.data as Float32Array;
        for (let at = 0; at < own.length; at++) {
          const image = PARTS * at * pool.length;
          const text = image + pool.length;
          near.push({ image: (place) => all[image + place]!, text: (place) => all[text + place]! });
        }
      }
      return near;
    },
    async choose(choices) {
      const chosen: number[][] = [];
      const byCount = Map.groupBy(choices.keys(), (at) => choices[at]!.candidates.length);
      for (const [count, all] of byCount) {
        for (let from = 0; from < all.length; from += AT_ONCE) {
          const own = all.slice(from, from + AT_ONCE);
          const found = await chooseAlike(
            own.map((at) => choices[at]!),
            count,
          );
          own.forEach((at, row) => (chosen[at] = found[row]!));
        }
      }
      return chosen;
    },
  };
}

/** (rows, 2, dim), image before text. */
function tensorOf(all: readonly Embedded[]): Tensor {
  const dim = all[0]!.text.length;
  const floats = new Float32Array(all.length * PARTS * dim);
  for (const [at, { image, text }] of all.entries()) {
    floats.set(image, PARTS * at * dim);
    floats.set(text, (PARTS * at + 1) * dim);
  }
  return new Tensor("float32", floats, [all.length, PARTS, dim]);
}

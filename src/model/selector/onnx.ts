import { InferenceSession, Tensor } from "onnxruntime-node";

/** An example as the network sees it: vectors of the length that it was trained on. */
export interface Vectors {
  readonly image: Float32Array;
  readonly text: Float32Array;
}

/** A query and what is chosen from. */
export interface Choice {
  readonly query: Vectors;
  readonly candidates: readonly Vectors[];
}

export interface Pointer {
  /**
   * The places of the chosen candidates, in order, for each query.
   * @throws {RangeError} where queries have different numbers of candidates
   */
  choose(choices: readonly Choice[]): Promise<number[][]>;
}

/** Opens an exported selector on the CPU. @param file absolute path of selector.onnx */
export async function openPointer(file: string, threads = 1): Promise<Pointer> {
  const session = await InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  return {
    async choose(choices) {
      const [first] = choices;
      if (first === undefined) return [];
      const count = first.candidates.length;
      if (choices.some(({ candidates }) => candidates.length !== count)) {
        throw new RangeError("queries of one batch need equally many candidates");
      }
      const dim = first.query.text.length;
      const query = joined(
        choices.map((each) => each.query),
        dim,
      );
      const candidates = joined(
        choices.flatMap((each) => each.candidates),
        dim,
      );
      const { picks } = await session.run({
        query: new Tensor("float32", query, [choices.length, 2, dim]),
        candidates: new Tensor("float32", candidates, [choices.length, count, 2, dim]),
      });
      const places = [...(picks!.data as BigInt64Array)].map(Number);
      const shots = places.length / choices.length;
      return choices.map((_, at) => places.slice(at * shots, (at + 1) * shots));
    },
  };
}

/** Image before text, an example after the other. */
function joined(all: readonly Vectors[], dim: number): Float32Array {
  const floats = new Float32Array(all.length * 2 * dim);
  for (const [at, { image, text }] of all.entries()) {
    floats.set(image, 2 * at * dim);
    floats.set(text, (2 * at + 1) * dim);
  }
  return floats;
}

import { digestFile } from "../../artifact/digest.ts";
import { rng, seedFor } from "../../seed.ts";
import { type EmbedBackend, unit } from "./backend.ts";

/** Numbers of a simulated vector. */
const DIM = 16;

/** Vectors without a model: equal texts and equal pictures have equal ones, and nothing else is near. */
export function createSimulatedEmbedder(): EmbedBackend {
  return {
    async embed({ images, texts }, { signal, onProgress }) {
      const seen = [];
      for (const path of images) {
        signal.throwIfAborted();
        seen.push(drawn(seedFor("image", await digestFile(path))));
      }
      onProgress(images.length + texts.length, images.length + texts.length);
      return { images: seen, texts: texts.map((text) => drawn(seedFor("text", text))), cutTexts: 0 };
    },
  };
}

function drawn(seed: string): Float32Array {
  const next = rng(seed);
  return unit(Float32Array.from({ length: DIM }, () => 2 * next() - 1));
}

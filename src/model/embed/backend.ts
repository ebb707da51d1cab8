/** What pictures and texts are embedded by. Vectors have length 1, and the same number of them for all. */
export interface Embedded {
  readonly image: Float32Array;
  readonly text: Float32Array;
}

/** An embedding model: which checkpoint, how. */
export interface EmbedSpec {
  readonly backend: "clip" | "clip-onnx" | "simulated";
  /** Absolute folder. */
  readonly model: string;
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly micro_batch: number;
}

/** Pictures, as absolute paths, and texts, each once. */
export interface EmbedAsked {
  readonly images: readonly string[];
  readonly texts: readonly string[];
}

export interface EmbedMade {
  readonly images: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
  /** How many texts were longer than the model reads, and were cut. */
  readonly cutTexts: number;
}

export interface EmbedOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface EmbedBackend {
  /** Embeds all that is asked, in its order. Throws typed failures; never returns a default. */
  embed(asked: EmbedAsked, options: EmbedOptions): Promise<EmbedMade>;
}

/** A question with its pictures, as absolute paths. */
export interface Embeddable {
  readonly images: readonly string[];
  readonly text: string;
}

/**
 * A vector for the pictures and one for the text of each. Every picture and text goes through the model once; of several
 * pictures the direction of their mean is taken.
 */
export async function embedAll(
  backend: EmbedBackend,
  all: readonly Embeddable[],
  options: EmbedOptions,
): Promise<{ readonly embedded: Embedded[]; readonly cutTexts: number }> {
  const images = [...new Set(all.flatMap((each) => each.images))];
  const texts = [...new Set(all.map(({ text }) => text))];
  const made = await backend.embed({ images, texts }, options);
  const imageOf = new Map(images.map((path, at) => [path, made.images[at]!]));
  const textOf = new Map(texts.map((text, at) => [text, made.texts[at]!]));
  const embedded = all.map((each): Embedded => ({
    image: middle(each.images.map((path) => imageOf.get(path)!)),
    text: textOf.get(each.text)!,
  }));
  return { embedded, cutTexts: made.cutTexts };
}

/** The direction of the mean. @throws {RangeError} for none */
export function middle(vectors: readonly Float32Array[]): Float32Array {
  const [first] = vectors;
  if (first === undefined) throw new RangeError("no vectors have no mean");
  if (vectors.length === 1) return first;
  return unit(first.map((_, at) => vectors.reduce((sum, each) => sum + each[at]!, 0)));
}

/** The vector at length 1. @throws {RangeError} for one without a length */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length) || length === 0) throw new RangeError("a vector without a length has no direction");
  return vector.map((each) => each / length);
}

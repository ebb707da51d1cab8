import { rng, seedFor, shuffled } from "../../seed.ts";

/** How a query's candidates are drawn from the pool. */
export const SAMPLERS = ["random", "text", "image", "mixed"] as const;
export type Sampler = (typeof SAMPLERS)[number];

/** A vector for the image of an example and one for its text, both of length 1. */
export interface Embedded {
  readonly image: Float32Array;
  readonly text: Float32Array;
}

export interface Sampling {
  readonly sampler: Sampler;
  /** How many are drawn; fewer where the pool has fewer. */
  readonly count: number;
  /** Names the draw of a query: run seed and query id. */
  readonly seed: string;
}

/**
 * Places in the pool of a query's candidates, the nearest (or first drawn) first, each once.
 *
 * `mixed` takes the next of text, image and random in turn. Ties go to the lower place.
 * @param allowed places that may be drawn: not the query itself, nor another question about its picture
 */
export function sampleCandidates(
  query: Embedded,
  pool: readonly Embedded[],
  allowed: readonly number[],
  { sampler, count, seed }: Sampling,
): number[] {
  const random = (): number[] => shuffled(allowed, rng(seedFor(seed, "candidates")));
  const by = (part: keyof Embedded): number[] => nearest(query[part], pool, part, allowed);
  switch (sampler) {
    case "random":
      return random().slice(0, count);
    case "text":
    case "image":
      return by(sampler).slice(0, count);
    case "mixed":
      return inTurn([by("text"), by("image"), random()], count);
  }
}

/** The nearest by text and image together: the field's baseline without training. */
export function mostSimilar(query: Embedded, pool: readonly Embedded[], allowed: readonly number[], count: number) {
  const near = (at: number): number => cosine(query.text, pool[at]!.text) + cosine(query.image, pool[at]!.image);
  return byDescending(allowed, near).slice(0, count);
}

/** Of vectors of length 1 the cosine; their dot product. @throws {RangeError} for vectors of different lengths */
export function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} numbers have no cosine`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function nearest(vector: Float32Array, pool: readonly Embedded[], part: keyof Embedded, allowed: readonly number[]) {
  return byDescending(allowed, (at) => cosine(vector, pool[at]![part]));
}

function byDescending(places: readonly number[], value: (place: number) => number): number[] {
  return places
    .map((place) => ({ place, value: value(place) }))
    .toSorted((a, b) => b.value - a.value || a.place - b.place)
    .map(({ place }) => place);
}

function inTurn(lists: readonly (readonly number[])[], count: number): number[] {
  const drawn = new Set<number>();
  const next = lists.map((list) => list[Symbol.iterator]());
  for (let turn = 0, dry = 0; drawn.size < count && dry < lists.length; turn++) {
    const before = drawn.size;
    const list = next[turn % lists.length]!;
    for (let each = list.next(); !each.done && drawn.size === before;) {
      drawn.add(each.value);
      if (drawn.size === before) each = list.next();
    }
    dry = drawn.size === before ? dry + 1 : 0;
  }
  return [...drawn];
}

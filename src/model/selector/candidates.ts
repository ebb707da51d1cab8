import type { Sampler } from "../../contract/selector.ts";
import type { Embedded } from "../embed/backend.ts";
import { rng, seedFor } from "../../seed.ts";

export interface Sampling {
  readonly sampler: Sampler;
  /** How many are drawn; fewer where the pool has fewer. */
  readonly count: number;
  /** Names the draw of a query: run seed and query id. */
  readonly seed: string;
}

/** How near a query is to a place in the pool, by their texts and by their pictures. */
export type Nearness = Readonly<Record<keyof Embedded, (place: number) => number>>;

/** Cosines, worked out as they are asked for. */
export function nearnessOf(query: Embedded, pool: readonly Embedded[]): Nearness {
  return {
    text: (place) => cosine(query.text, pool[place]!.text),
    image: (place) => cosine(query.image, pool[place]!.image),
  };
}

/**
 * Places in the pool of a query's candidates, the nearest (or first drawn) first, each once.
 *
 * `mixed` takes the next of text, image and random in turn. Ties go to the lower place.
 * @param allowed places that may be drawn: not the query itself, nor another question about its picture
 */
export function sampleCandidates(
  near: Nearness,
  allowed: readonly number[],
  { sampler, count, seed }: Sampling,
): number[] {
  // No more of a list than `count` can be wanted, even where the other lists have all of it already.
  const random = (): number[] => someOf(allowed, count, rng(seedFor(seed, "candidates")));
  const by = (part: keyof Embedded): number[] => highest(allowed, count, near[part]);
  switch (sampler) {
    case "random":
      return random();
    case "text":
    case "image":
      return by(sampler);
    case "mixed":
      return inTurn([by("text"), by("image"), random()], count);
  }
}

/** The nearest by text and image together: the field's baseline without training. */
export function mostSimilar(near: Nearness, allowed: readonly number[], count: number): number[] {
  return highest(allowed, count, (place) => near.text(place) + near.image(place));
}

/** Of vectors of length 1 the cosine; their dot product. @throws {RangeError} for vectors of different lengths */
export function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} numbers have no cosine`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The `count` places of the highest values, the highest first; a pool is not sorted for the few that are wanted. */
function highest(places: readonly number[], count: number, value: (place: number) => number): number[] {
  const best: { readonly place: number; readonly value: number }[] = [];
  for (const place of places) {
    const own = value(place);
    // Places rise, so that of equal values the lower place is there already.
    if (best.length === count && !(own > best[count - 1]!.value)) continue;
    let at = best.length;
    while (at > 0 && own > best[at - 1]!.value) at--;
    best.splice(at, 0, { place, value: own });
    if (best.length > count) best.pop();
  }
  return best.map(({ place }) => place);
}

/** The first `count` of a shuffle that goes no further. */
function someOf(places: readonly number[], count: number, next: () => number): number[] {
  const rest = [...places];
  const wanted = Math.min(count, rest.length);
  for (let at = 0; at < wanted; at++) {
    const from = at + Math.floor(next() * (rest.length - at));
    [rest[at], rest[from]] = [rest[from]!, rest[at]!];
  }
  return rest.slice(0, wanted);
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

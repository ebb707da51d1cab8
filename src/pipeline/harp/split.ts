import { rng, seedFor, shuffled } from "../../seed.ts";

export interface Split<T> {
  readonly train: readonly T[];
  readonly val: readonly T[];
  readonly test: readonly T[];
}

/** Shares of validation and test; the rest is trained on. */
const VAL = 0.1;
const TEST = 0.1;

/** How many of so many scenes are in each part: a tenth, rounded down, but at least one where there are three. */
export function splitSizes(scenes: number): { readonly train: number; readonly val: number; readonly test: number } {
  const least = scenes >= 3 ? 1 : 0;
  const val = Math.max(least, Math.floor(scenes * VAL));
  const test = Math.max(least, Math.floor(scenes * TEST));
  return { train: scenes - val - test, val, test };
}

/**
 * Divides scenes by the seed. Images of the same pixels are one scene: whatever their names, they are never in two
 * parts.
 * @param sceneOf the digest of the pixels of a scene's image
 */
export function splitScenes<T>(all: readonly T[], sceneOf: (each: T) => string, seed: number): Split<T> {
  const scenes = shuffled([...new Set(all.map(sceneOf))].toSorted(), rng(seedFor(seed, "split")));
  const { train, val } = splitSizes(scenes.length);
  const of = (from: number, to: number): T[] => {
    const own = new Set(scenes.slice(from, to));
    return all.filter((each) => own.has(sceneOf(each)));
  };
  return { train: of(0, train), val: of(train, train + val), test: of(train + val, scenes.length) };
}

import { hash } from "node:crypto";

/**
 * The seed of one piece of noise, from what names it: (run seed, iteration, question, rollout), …
 * Parts are joined as JSON, so that ("a", "bc") and ("ab", "c") differ.
 * @returns 64 hex digits
 */
export function seedFor(...parts: readonly (string | number)[]): string {
  return hash("sha256", JSON.stringify(parts));
}

/** 2^-53: turns 53 random bits into a number in [0, 1). */
const UNIT = 2 ** -53;

/**
 * A generator of uniform numbers in [0, 1): sha256 in counter mode, four numbers a block. The same on every machine
 * and in every version, which Math.random and most generators' streams are not promised to be.
 */
export function rng(seed: string): () => number {
  let counter = 0;
  let block = Buffer.alloc(0);
  let offset = 0;
  return () => {
    if (offset >= block.length) {
      block = hash("sha256", `${seed}:${counter++}`, "buffer");
      offset = 0;
    }
    // The upper 53 of 64 bits, little-endian.
    const bits = block.readUInt32LE(offset + 4) * 2 ** 21 + (block.readUInt32LE(offset) >>> 11);
    offset += 8;
    return bits * UNIT;
  };
}

/** Fisher–Yates on a copy. */
export function shuffled<T>(values: readonly T[], next: () => number): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

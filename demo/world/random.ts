import { createHash } from "node:crypto";

/** A stream of random numbers that depends on its name alone, so that scene 17 is the same however many are drawn. */
export interface Random {
  /** Uniform in [from, to). */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Blocks of SHA-256 over name and counter, read as 32-bit fractions. */
export function randomOf(name: string): Random {
  let counter = 0;
  let block: Buffer = Buffer.alloc(0);
  let at = 0;
  function next(): number {
    if (at >= block.length) {
      block = createHash("sha256").update(`${name}/${counter}`).digest();
      counter += 1;
      at = 0;
    }
    const value = block.readUInt32LE(at) / 2 ** 32;
    at += 4;
    return value;
  }
  return {
    between: (from, to) => from + (to - from) * next(),
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError("There is nothing to pick from.");
      return item;
    },
  };
}

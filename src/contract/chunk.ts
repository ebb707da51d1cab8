import type { ArtifactRef } from "./artifact.ts";

/** Some neighbours of a list that the steps know: a shard, held-out questions, a benchmark. Never the items themselves. */
export interface Chunk {
  readonly index: number;
  /** Number of chunks in the list, for people. */
  readonly of: number;
  /** Place of its first item in the list, and how many there are. */
  readonly from: number;
  readonly count: number;
  /** Only this item of the chunk (its place in it): how a culprit is found. */
  readonly only?: number;
  /** Items (by place) whose model process crashed again and again, with the reason. */
  readonly poisoned?: readonly { readonly place: number; readonly reason: string }[];
}

/** The chunk `index` of a list: all are full but the last. */
export function chunkOf(items: number, perChunk: number, index: number): Chunk {
  const from = index * perChunk;
  return { index, of: chunkCount(items, perChunk), from, count: Math.min(perChunk, items - from) };
}

export function chunkCount(items: number, perChunk: number): number {
  return Math.ceil(items / perChunk);
}

/** What a chunk leaves behind: an artifact by the name of each link that it went through. */
export interface ChunkResult {
  readonly chunk: Chunk;
  readonly made: Readonly<Record<string, ArtifactRef>>;
}

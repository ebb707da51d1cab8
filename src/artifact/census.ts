import { join } from "node:path";
import type { Layout } from "./layout.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { namesIn } from "./names-in.ts";

/** What an artifact says about itself, without its files. */
export type Piece = Pick<Manifest, "key" | "step" | "sha256" | "bytes" | "inputs" | "params">;

/** Every committed artifact of a local store, by its manifest. One without a whole manifest is nobody's. */
export async function census(layout: Layout): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const step of await namesIn(layout.artifacts)) {
    for (const name of await namesIn(join(layout.artifacts, step))) {
      const manifest = await readManifest(join(layout.artifacts, step, name), name);
      if (typeof manifest === "string") continue;
      const { key, sha256, bytes, inputs, params } = manifest;
      pieces.push({ key, step, sha256, bytes, inputs, params });
    }
  }
  return pieces;
}

/** These artifacts and all that they were built on. */
export function withAncestors(pieces: readonly Piece[], roots: Iterable<Piece>): Set<Piece> {
  const bySha = Map.groupBy(pieces, (piece) => piece.sha256);
  return closure(roots, (piece) => piece.inputs.flatMap((input) => bySha.get(input) ?? []));
}

/** These artifacts and all that was built on them. */
export function withDescendants(pieces: readonly Piece[], roots: Iterable<Piece>): Set<Piece> {
  const byInput = new Map<string, Piece[]>();
  for (const piece of pieces) {
    for (const input of piece.inputs) byInput.set(input, [...(byInput.get(input) ?? []), piece]);
  }
  return closure(roots, (piece) => byInput.get(piece.sha256) ?? []);
}

function closure(roots: Iterable<Piece>, next: (piece: Piece) => readonly Piece[]): Set<Piece> {
  const reached = new Set(roots);
  // A set yields what is added while it is walked.
  for (const piece of reached) for (const more of next(piece)) reached.add(more);
  return reached;
}

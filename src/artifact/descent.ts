import { dirname, join } from "node:path";
import type { Layout } from "./layout.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { isMissing, namesIn, writeWhole } from "./disk.ts";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { StepFailure } from "../failure.ts";
import { stepOf } from "./key.ts";

/** What an artifact says about itself, without its files. */
export type Piece = Pick<Manifest, "key" | "step" | "sha256" | "bytes" | "inputs" | "params">;

/**
 * Every committed artifact of a local store, by its manifest. One without a whole manifest is nobody's.
 * @param steps only what these made
 */
export async function census(layout: Layout, steps?: readonly string[]): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const step of steps ?? (await namesIn(layout.artifacts))) {
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

/** Remembers the digest under which a key is committed, where the loss of the artifact does not reach it. */
export async function record(layout: Layout, key: string, sha256: string): Promise<void> {
  if ((await recorded(layout, key)) === sha256) return;
  await mkdir(dirname(layout.record(key)), { recursive: true });
  await writeWhole(layout.record(key), `${JSON.stringify({ sha256 })}\n`);
}

/**
 * What would be torn apart if `key` were committed with these bytes: undefined when they are those that were committed
 * before, or when nothing was built on the earlier ones.
 */
export async function divergence(layout: Layout, key: string, sha256: string): Promise<StepFailure | undefined> {
  const before = await recorded(layout, key);
  if (before === undefined || before === sha256) return undefined;
  const descendants = await builtOn(layout, before);
  if (descendants.length === 0) return undefined;
  const [first] = descendants;
  const others = descendants.length > 1 ? ` and ${descendants.length - 1} more` : "";
  return new StepFailure(
    "Diverged",
    `${key} was made again with other bytes (${sha256.slice(0, 8)}… instead of ${before.slice(0, 8)}…), but ${first}${others} ` +
      `was built on the first ones; find out what changed in step "${stepOf(key)}", or remove what was built on it.`,
    { details: { key, before, now: sha256, descendants } },
  );
}

async function recorded(layout: Layout, key: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(layout.record(key), "utf8")) as { sha256: string }).sha256;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Keys of the committed artifacts that name this digest among their inputs. Reads every manifest, for it is rare. */
async function builtOn(layout: Layout, sha256: string): Promise<string[]> {
  const found: string[] = [];
  for (const step of await readdir(layout.artifacts)) {
    for (const key of await readdir(join(layout.artifacts, step))) {
      const manifest = await readManifest(layout.artifact(key), key);
      // A broken one is no witness: it is made again itself.
      if (typeof manifest !== "string" && manifest.inputs.includes(sha256)) found.push(key);
    }
  }
  return found.toSorted();
}

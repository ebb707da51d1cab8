import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactRef } from "../contract/artifact.ts";
import { canonicalDigest, canonicalJson } from "./canonical-json.ts";
import { isMissing } from "./disk.ts";
import type { Made } from "./store.ts";

export const MANIFEST = "manifest.json";

export interface ManifestFile {
  /** Relative to the artifact's folder, with forward slashes. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** The last file of an artifact to be written: what is in it and what made it. Equal work gives equal bytes. */
export interface Manifest extends Made {
  readonly key: string;
  /** Digest over the names, sizes and digests of the files; notes do not change it. */
  readonly sha256: string;
  readonly bytes: number;
  readonly files: readonly ManifestFile[];
  /** Digest of all the rest of the manifest, so that a flipped bit in it is found too. */
  readonly seal: string;
}

/** Draws up the manifest of a folder whose files are given in sorted order. */
export function drawUp(key: string, made: Made, files: readonly ManifestFile[]): Manifest {
  const { step, version, params, inputs, rows, notes } = made;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const content = {
    key,
    step,
    version,
    params: params ?? null,
    inputs,
    rows,
    ...(notes && { notes }),
    sha256: canonicalDigest(files),
    bytes,
    files,
  };
  return { ...content, seal: canonicalDigest(content) };
}

/** The manifest's text: sorted within, indented for people. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(manifest)), null, 1)}\n`;
}

/** Reads and checks an artifact's manifest. A text says in what way it is not usable; only missing or wrong bytes count. */
export async function readManifest(folder: string, key: string): Promise<Manifest | string> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), "utf8");
  } catch (error) {
    if (isMissing(error)) return `${MANIFEST} is missing`;
    throw error;
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
    const { seal, ...content } = manifest;
    if (seal !== canonicalDigest(content)) return `${MANIFEST} does not match its own seal`;
  } catch {
    return `${MANIFEST} is torn`;
  }
  return manifest.key === key ? manifest : `${MANIFEST} is that of ${manifest.key}`;
}

export function refOf({ key, sha256, bytes, rows }: Manifest): ArtifactRef {
  return { key, sha256, bytes, rows };
}

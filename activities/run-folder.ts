import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing, codeOf } from "../src/artifact/disk.ts";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { StepFailure } from "../src/failure.ts";
import type { ActivityDeps } from "./deps.ts";

interface RunRecord {
  readonly folder: string;
  readonly digest: string;
}

/** How a run's folder is called, and what it shows from the start. */
export interface RunFolder {
  /** Folder below `results` for runs of this kind, as people know it: "iterative_dpo". */
  readonly kind: string;
  /** What the run works on: the folder is `<data>_<timestamp>`. */
  readonly data: string;
  /** Of the run's recipe: with another one, a run of the same name gets a new folder. */
  readonly digest: string;
  /** By name: config.json, and whatever else the pipeline shows. */
  readonly files: Readonly<Record<string, unknown>>;
}

/**
 * The folder in which a run shows itself: `<results>/<kind>/<data>_<timestamp>`, relative to the root, with `_2` and so on
 * behind it where another run on the same data began in the same second. It is stored once per run name, so that a run
 * that is started again goes on in its folder; with another recipe it gets a new one.
 */
export async function openRunFolder(deps: ActivityDeps, name: string, wanted: RunFolder): Promise<string> {
  const record = join(deps.state, "runs", `${name}.json`);
  const known = await readJson<RunRecord>(record).catch((error: unknown) => {
    // Torn by a full disk or a power cut: which folder it was is lost, and a new one shows the same.
    if (isMissing(error) || error instanceof StepFailure) return undefined;
    throw error;
  });
  const folder = known?.digest === wanted.digest ? known.folder : await newFolder(deps, wanted);
  const absolute = join(deps.root, folder);
  // It may have been deleted, which loses nothing.
  await mkdir(absolute, { recursive: true });
  for (const [file, content] of Object.entries(wanted.files)) await writeJson(join(absolute, file), content);
  if (known?.folder !== folder) {
    await mkdir(join(deps.state, "runs"), { recursive: true });
    await writeJson(record, { folder, digest: wanted.digest });
  }
  return folder;
}

/** Makes a folder that nobody has: mkdir(2) decides who was first. */
async function newFolder(deps: ActivityDeps, { kind, data }: RunFolder): Promise<string> {
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "_").slice(0, 15);
  const first = join(deps.results, kind, `${cut(data)}_${stamp}`);
  await mkdir(dirname(join(deps.root, first)), { recursive: true });
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? first : `${first}_${number}`;
    try {
      await mkdir(join(deps.root, folder));
      return folder;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/** Bytes of a data set's name in its run folder's, of which file systems take 255 with the timestamp. */
const MAX_DATA_BYTES = 200;

function cut(name: string): string {
  let kept = "";
  for (const letter of name) {
    if (Buffer.byteLength(kept + letter) > MAX_DATA_BYTES) break;
    kept += letter;
  }
  return kept;
}

/** How names of what is being built in a run folder begin; what a killed attempt left of it goes when the run closes. */
export const DRAFT = ".draft-";

/**
 * Puts a folder into a run's folder by one rename, so that a killed attempt leaves nothing half-shown. A view, not a
 * second truth: whatever was there is replaced.
 */
export async function showFolder(target: string, build: (folder: string) => Promise<void>): Promise<void> {
  const building = join(dirname(target), `${DRAFT}${randomUUID()}`);
  await mkdir(building, { recursive: true });
  try {
    await build(building);
    await rm(target, { recursive: true, force: true });
    await rename(building, target);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

import { createHash, randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";

const HOME = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = join(HOME, "workflows/index.ts");
/** Stands for the SDK, which is bundled too. */
const LOCK = join(HOME, "package-lock.json");

/** The workflows as one script on disk. */
export interface Workflows {
  readonly codePath: string;
  /** Digest of what the script is made of: runs that were begun under another may not agree with it. */
  readonly version: string;
}

/**
 * The workflows of this clone, bundled again only when their sources change: bundling takes seconds, and a worker that
 * was killed should be back before anyone notices.
 * @param spare a folder that this user may write to, for a clone that is somebody else's
 * @param tracing a module of interceptors that trace them: they pass spans on and take no decision, so that a run that
 * was begun with them goes on without, and the other way round
 */
export async function workflowBundle(spare?: string, tracing?: string): Promise<Workflows> {
  const folders = [join(HOME, "node_modules/.cache/snowball"), ...(spare === undefined ? [] : [spare])];
  const version = sourceDigest();
  const name = `workflows-${version}${tracing === undefined ? "" : "-traced"}.js`;
  const places = folders.map((folder) => join(folder, name));
  const known = places.find((place) => existsSync(place));
  return { codePath: known ?? (await bundleInto(places, tracing)), version };
}

/** Bundles into the first of these files that can be written. */
async function bundleInto(places: readonly string[], tracing: string | undefined): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: ENTRY,
    ...(tracing !== undefined && { workflowInterceptorModules: [tracing] }),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const codePath = places.find((place, at) => at === places.length - 1 || canWrite(dirname(place)))!;
  mkdirSync(dirname(codePath), { recursive: true });
  // Renamed into place: another worker that starts now must not load half a bundle.
  const half = join(dirname(codePath), `.${randomUUID()}.js`);
  writeFileSync(half, code);
  renameSync(half, codePath);
  return codePath;
}

/** May this user make files in the folder, or make the folder? */
function canWrite(folder: string): boolean {
  if (!existsSync(folder)) return canWrite(dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function sourceDigest(): string {
  const hash = createHash("sha256");
  const files = [...workflowSources(), LOCK].map((file) => relative(HOME, file)).toSorted();
  for (const name of files) hash.update(`${name}\n`).update(readFileSync(join(HOME, name)));
  return hash.digest("hex").slice(0, 16);
}

/**
 * The files of this clone that are bundled: what is imported from the first one on, types aside. No more than these, so
 * that a run is not moved on for a change that it does not meet.
 */
export function workflowSources(file = ENTRY, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(RUNTIME_IMPORT)) {
    workflowSources(join(dirname(file), path), found);
  }
  return found;
}

const RUNTIME_IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?\bfrom\s+"(\.[^"]+)";/gm;

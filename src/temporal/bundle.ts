import { createHash, randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";

const HOME = fileURLToPath(new URL("../../", import.meta.url));
/** What the bundle is made of; the lock stands for the SDK inside it. */
const SOURCES = ["workflows", "src/contract"];
const LOCK = "package-lock.json";

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
 */
export async function workflowBundle(spare?: string): Promise<Workflows> {
  const folders = [join(HOME, "node_modules/.cache/snowball"), ...(spare === undefined ? [] : [spare])];
  const version = sourceDigest();
  const places = folders.map((folder) => join(folder, `workflows-${version}.js`));
  const known = places.find((place) => existsSync(place));
  return { codePath: known ?? (await bundleInto(places)), version };
}

/** Bundles into the first of these files that can be written. */
async function bundleInto(places: readonly string[]): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(HOME, "workflows/index.ts"),
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
  const files = SOURCES.flatMap((folder) =>
    readdirSync(join(HOME, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  ).toSorted();
  for (const name of [...files, LOCK]) hash.update(`${name}\n`).update(readFileSync(join(HOME, name)));
  return hash.digest("hex").slice(0, 16);
}

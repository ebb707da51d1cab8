import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
 */
export async function workflowBundle(): Promise<Workflows> {
  const folder = join(HOME, "node_modules/.cache/snowball");
  const version = sourceDigest();
  const codePath = join(folder, `workflows-${version}.js`);
  if (!existsSync(codePath)) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(HOME, "workflows/index.ts"),
      logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    });
    mkdirSync(folder, { recursive: true });
    // Renamed into place: another worker that starts now must not load half a bundle.
    const half = join(folder, `.${randomUUID()}.js`);
    writeFileSync(half, code);
    renameSync(half, codePath);
  }
  return { codePath, version };
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

import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TestWorkflowEnvironment } from "@temporalio/testing";

const ORIGIN = "https://temporal.download/";
/** On a closed network a connection may hang instead of failing; this is long enough for a slow one that works. */
const PROBE_MS = 5_000;
/** About 80 MB. */
const DOWNLOAD_MS = 180_000;

const [version, target] = process.argv.slice(2);
if (version === undefined || target === undefined) throw new Error("usage: download-temporal.ts VERSION TARGET");

await fetch(ORIGIN, { method: "HEAD", signal: AbortSignal.timeout(PROBE_MS) });
setTimeout(() => {
  console.error(`the download took longer than ${DOWNLOAD_MS / 1000} s`);
  process.exit(1);
}, DOWNLOAD_MS).unref();

await mkdir(dirname(target), { recursive: true });
const folder = await mkdtemp(join(dirname(target), "download-"));
try {
  // The SDK downloads, unpacks and starts it: so what is kept is known to run here.
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: "cached-download", version, downloadDir: folder } },
  });
  await server.teardown();
  const [file] = await readdir(folder);
  if (file === undefined) throw new Error("the SDK left no file in its download folder");
  await rename(join(folder, file), target);
} finally {
  await rm(folder, { recursive: true });
}

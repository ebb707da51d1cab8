/**
 * A worker in a process of its own, so that it can be killed for real.
 * Arguments: root, server address, and optionally a crash point "<point>:<step>": the first commit of such a step
 * that reaches the point ends this process with SIGKILL, once per root (a marker file says that it has fired).
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalStoreOptions } from "../../src/artifact/local-store.ts";
import { startWorker } from "./world.ts";

const [root, address, crash] = process.argv.slice(2);
if (!root || !address) throw new Error("usage: worker-main.ts ROOT ADDRESS [POINT:STEP]");

await startWorker(root, address, crash ? { storeOptions: { reached: dieOnceAt(root, crash) } } : {});
process.stdout.write("ready\n");

function dieOnceAt(folder: string, crashPoint: string): NonNullable<LocalStoreOptions["reached"]> {
  const [point, step] = crashPoint.split(":");
  const marker = join(folder, `fired-${point}-${step}`);
  return (at, key) => {
    if (at !== point || !key.startsWith(`${step}-`) || existsSync(marker)) return;
    writeFileSync(marker, key);
    process.kill(process.pid, "SIGKILL");
  };
}

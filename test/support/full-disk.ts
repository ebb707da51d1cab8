import { execFileSync } from "node:child_process";
import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary.ts";

export interface SmallDisk {
  readonly root: string;
  readonly freeBytes: () => number;
  /** Takes all the space that is left. Returns what gives it back. */
  readonly fill: () => () => void;
}

/** A real file system of one megabyte. Undefined where the kernel does not let this user mount one. */
export function mountSmallDisk(): SmallDisk | undefined {
  const root = join(temporaryFolder(), "disk");
  mkdirSync(root);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", [root]);
  });
  const freeBytes = (): number => statfsSync(root).bavail * statfsSync(root).bsize;
  return {
    root,
    freeBytes,
    fill() {
      const ballast = join(root, "ballast");
      writeFileSync(ballast, Buffer.alloc(freeBytes()));
      return () => writeFileSync(ballast, "");
    },
  };
}

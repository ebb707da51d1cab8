import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const LAUNCHER = fileURLToPath(new URL("../../../bin/snowball", import.meta.url));

test("bin/snowball finds its clone and its Node through links, from any folder, without a home", () => {
  const folder = mkdtempSync(join(tmpdir(), "launcher-"));
  try {
    mkdirSync(join(folder, "bin"));
    symlinkSync(LAUNCHER, join(folder, "bin", "first"));
    symlinkSync("first", join(folder, "bin", "second"));
    const { stdout, stderr, status } = spawnSync(join(folder, "bin", "second"), ["run", "--help"], {
      cwd: folder,
      // The system's Node, too, for where set-up found it new enough and fetched none.
      env: { PATH: `/usr/bin:/bin:${dirname(process.execPath)}` },
      encoding: "utf8",
    });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toContain("snowball run configs/snowball.demo.yaml");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

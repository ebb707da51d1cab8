import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startDevServer } from "../../../src/temporal/dev-server.ts";
import { stateFolderOf } from "../../../src/temporal/embedded.ts";
import { mountSmallDisk } from "../../support/full-disk.ts";
import { temporaryFolder } from "../../support/temporary.ts";

test.each([
  ["foreign bytes", "hello"],
  ["a page of another file", Buffer.alloc(8192, 7)],
])("a damaged database: what to delete, and that nothing committed is lost (%s)", async (_, bytes) => {
  const stateFolder = stateFolderOf(temporaryFolder());
  mkdirSync(stateFolder);
  writeFileSync(join(stateFolder, "temporal.db"), bytes);
  await expect(startDevServer({ stateFolder })).rejects.toMatchObject({
    type: "Infrastructure",
    message: expect.stringMatching(
      /^The embedded Temporal server did not start: its database is damaged\. Delete it and start again: rm .*temporal\.db.* Nothing that was committed is lost/,
    ) as string,
  });
});

test("a disk that is full at the start is said, and what was begun of the database goes", async ({ skip }) => {
  const disk = mountSmallDisk();
  if (!disk) return skip("this user may not mount a small file system");
  const stateFolder = stateFolderOf(disk.root);
  await expect(startDevServer({ stateFolder })).rejects.toMatchObject({
    type: "DiskFull",
    message: expect.stringContaining(`no space is left for ${stateFolder}; free some and start again.`) as string,
  });
  expect(readdirSync(stateFolder)).not.toContain("temporal.db");
});

import { readFileSync, statSync, writeFileSync } from "node:fs";
import type fs from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { linkFolder } from "../../../src/artifact/link-folder.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const refusal = vi.hoisted(() => ({ code: "" }));
vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof fs>()),
  link: async () => {
    throw Object.assign(new Error(`${refusal.code}: refused, link`), { code: refusal.code });
  },
}));

test.each(["EXDEV", "EPERM", "ENOTSUP", "ENOSYS", "EIO"])(
  "where the file system answers %s to a link, the file is copied",
  async (code) => {
    refusal.code = code;
    const [from, to] = [temporaryFolder(), join(temporaryFolder(), "shown")];
    writeFileSync(join(from, "file"), "content");
    await linkFolder(from, to);
    expect(readFileSync(join(to, "file"), "utf8")).toBe("content");
    expect(statSync(join(to, "file")).ino).not.toBe(statSync(join(from, "file")).ino);
  },
);

test("a disk that is full is no file system without links", async () => {
  refusal.code = "ENOSPC";
  const from = temporaryFolder();
  writeFileSync(join(from, "file"), "content");
  await expect(linkFolder(from, join(temporaryFolder(), "shown"))).rejects.toMatchObject({ code: "ENOSPC" });
});

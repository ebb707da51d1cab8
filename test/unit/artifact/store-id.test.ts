import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { storeId } from "../../../src/artifact/store-id.ts";
import { names } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

test("a store has one id, whoever asks first, and keeps it when it is copied", async () => {
  const root = join(temporaryFolder(), "store");
  const ids = await Promise.all(Array.from({ length: 8 }, () => storeId(root)));
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(names(root, ".")).toEqual(["identity"]);

  const copy = join(temporaryFolder(), "copy");
  cpSync(root, copy, { recursive: true });
  expect(await storeId(copy)).toBe(ids[0]);
  expect(await storeId(join(temporaryFolder(), "other"))).not.toBe(ids[0]);
});

test("a folder that was made and not filled is no id yet", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "identity"));
  expect(await storeId(root)).toBe(await storeId(root));
});

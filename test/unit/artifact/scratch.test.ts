import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newScratch, sweepScratch } from "../../../src/artifact/scratch.ts";
import { processSpace } from "../../../src/process/identity.ts";
import { names } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const DAY = 24 * 3600;

function scratchOf(root: string, space: string, pid: number, started: string, ageSeconds: number): string {
  const name = ["train-0", space, pid, started, "attempt"].join(".");
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, "half"), "");
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(join(root, name, "half"), then, then);
  utimesSync(join(root, name), then, then);
  return name;
}

test("two attempts on one key never share a folder", async () => {
  const root = temporaryFolder();
  expect(await newScratch(root, "train-0")).not.toBe(await newScratch(root, "train-0"));
});

test("only what dead attempts left is swept", async () => {
  const root = temporaryFolder();
  const live = (await newScratch(root, "train-0")).slice(root.length + 1);
  utimesSync(join(root, live), 0, 0); // alive, however old
  const foreignYoung = scratchOf(root, "otherhost", 1, "1", DAY - 600);
  scratchOf(root, "otherhost", 2, "1", DAY + 600);
  scratchOf(root, processSpace(), 2 ** 22 + 1, "1", 0); // no such process
  scratchOf(root, processSpace(), process.pid, "1", 0); // this process's id, used by an earlier one

  await sweepScratch(root);
  expect(names(root)).toEqual([live, foreignYoung].toSorted());
});

test("a foreign attempt that still writes deep inside an old folder is alive", async () => {
  const root = temporaryFolder();
  const name = scratchOf(root, "otherhost", 1, "1", 2 * DAY);
  utimesSync(join(root, name, "half"), new Date(), new Date());
  await sweepScratch(root);
  expect(names(root)).toEqual([name]);
});

test("a store without scratch needs no sweep", async () => {
  await expect(sweepScratch(join(temporaryFolder(), "never"))).resolves.toBeUndefined();
});

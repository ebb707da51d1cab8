import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { knownProcess } from "../../../src/process/identity.ts";
import { embeddedServer, makeStateFolder, stateFolderOf } from "../../../src/temporal/embedded.ts";
import { markOf, rememberServer } from "../../../src/temporal/remember.ts";
import { holderOf, trySeat, wordsOf } from "../../../src/temporal/seat.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const where = { pid: process.pid, address: "127.0.0.1:7001", ui: "http://localhost:8001", mark: "snowball-1" };

test("the state folder is for its owner alone, one that was made before too", () => {
  const folder = stateFolderOf(temporaryFolder());
  mkdirSync(folder, { mode: 0o755 });
  makeStateFolder(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a server whose id another process has now is none", async () => {
  const folder = stateFolderOf(temporaryFolder());
  const server = await rememberServer(folder, where);
  expect(embeddedServer(folder)).toEqual(server);
  writeFileSync(join(folder, "server.json"), JSON.stringify({ ...server, started: "1" }));
  expect(embeddedServer(folder)).toBeNull();
});

test.each(["", '{"pid": 12', "null", '{"pid": 1}'])("a torn or foreign state file is no state: %j", async (text) => {
  const folder = stateFolderOf(temporaryFolder());
  makeStateFolder(folder);
  for (const name of ["server.json", "host.json", "server-mark.json"]) writeFileSync(join(folder, name), text);
  expect(embeddedServer(folder)).toBeNull();
  expect(holderOf(folder)).toBeNull();
  const mark = await markOf(folder);
  expect(await markOf(folder)).toBe(mark);
});

test("who has the seat is named, with what it was started as", async () => {
  const folder = stateFolderOf(temporaryFolder());
  const seat = await trySeat({ stateFolder: folder, holder: { command: "snowball run my.yaml", lasting: false } });
  expect(await trySeat({ stateFolder: folder })).toBeNull();
  expect(wordsOf(holderOf(folder))).toBe(`process ${process.pid} (snowball run my.yaml)`);
  expect(wordsOf({ ...knownProcess(7), space: "another", host: "gpu-2", command: "snowball up", lasting: true })).toBe(
    "process 7 (snowball up) on gpu-2",
  );
  seat?.release();
  expect(JSON.parse(readFileSync(join(folder, "host.json"), "utf8"))).toMatchObject({ pid: process.pid });
});

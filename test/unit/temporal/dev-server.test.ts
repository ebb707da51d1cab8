import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { within } from "../../../src/process/silence.ts";
import { connect, connectTo, resolveConnection, type ServerAddress } from "../../../src/temporal/connection.ts";
import { type DevServer, portsOf, startDevServer } from "../../../src/temporal/dev-server.ts";
import { embeddedServer, isAlive, stateFolderOf } from "../../../src/temporal/embedded.ts";
import { rememberServer } from "../../../src/temporal/remember.ts";
import { freePort } from "../../../src/temporal/ports.ts";
import { SEARCH_ATTRIBUTES } from "../../../src/temporal/search-attributes.ts";

let stateFolder: string;
beforeEach(() => {
  // In an address these mean something; in a folder's name they are letters.
  stateFolder = stateFolderOf(mkdtempSync(join(tmpdir(), "server #1?%41&-")));
});
afterEach(() => rmSync(dirname(stateFolder), { recursive: true }));

function addressOf(server: DevServer): ServerAddress {
  const { address, ui, mark } = server;
  return { address, namespace: "default", options: { address }, ui, mark };
}

test("starts with our search attributes, is found again, and is gone after stop; no proxy stands between", async () => {
  for (const name of ["http_proxy", "https_proxy", "grpc_proxy"]) vi.stubEnv(name, "http://127.0.0.1:1");
  onTestFinished(() => void vi.unstubAllEnvs());
  const server = await startDevServer({ stateFolder });
  const same = await startDevServer({ stateFolder });
  expect(same).toMatchObject({ reused: true, pid: server.pid, address: server.address });

  const { connection } = await connectTo(addressOf(server));
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: "default" });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
  await connection.close();
  expect((await fetch(server.ui)).status).toBe(200);
  expect(readdirSync(stateFolder)).toContain("temporal.db");
  expect(readdirSync(dirname(stateFolder))).toEqual([basename(stateFolder)]);

  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  expect(embeddedServer(stateFolder)).toBeNull();
});

test("after SIGKILL it starts on the same file and the same ports, and knows its workflows", async () => {
  const first = await startDevServer({ stateFolder });
  const { client, connection } = await connectTo(addressOf(first));
  await client.workflow.start("anything", { taskQueue: "nobody", workflowId: "kept" });
  process.kill(first.pid, "SIGKILL");
  expect(await first.ended).toBe(137);

  const second = await startDevServer({ stateFolder, ports: portsOf(first) });
  expect(second).toMatchObject({ reused: false, address: first.address, ui: first.ui });
  // The same client finds it: a server that is replaced is a pause, not an end.
  expect((await client.workflow.getHandle("kept").describe()).status.name).toBe("RUNNING");
  await connection.close();
  await second.stop();
});

test("two starts at the same moment give one server", async () => {
  const [one, other] = await Promise.all([startDevServer({ stateFolder }), startDevServer({ stateFolder })]);
  expect(one.pid).toBe(other.pid);
  expect(one.reused).not.toBe(other.reused);
  await Promise.all([one.stop(), other.stop()]);
});

test("two roots that start at the same moment get a server each, whatever ports they wish for", async () => {
  const other = join(dirname(stateFolder), "other");
  const ports = { grpc: await freePort(0), ui: await freePort(0) };
  const [one, two] = await Promise.all(
    [stateFolder, other].map((folder) => startDevServer({ stateFolder: folder, ports })),
  );
  onTestFinished(async () => void (await Promise.all([one?.stop(), two?.stop()])));
  expect(one!.address).not.toBe(two!.address);
  expect(await within(200, Promise.race([one!.ended, two!.ended]))).toBe(false);

  // The first one's server goes away and the second root's takes its port: whoever watched the first is not fooled.
  const root = dirname(stateFolder);
  const watcher = await connectTo(addressOf(one!), () => resolveConnection(root));
  onTestFinished(() => watcher.connection.close());
  expect(await watcher.present(false)).toBe(true);
  await two!.stop();
  process.kill(one!.pid, "SIGKILL");
  await one!.ended;
  expect(await watcher.present(false)).toBe(false);
  const thief = await startDevServer({ stateFolder: other, ports: portsOf(one!) });
  onTestFinished(() => thief.stop());
  expect(thief.address).toBe(one!.address);
  await rememberServer(stateFolder, { ...one!, pid: process.pid });
  await expect(connect(root)).rejects.toThrow(/^The server of this root has ended, and another root's answers at/);
  expect(await watcher.present(true)).toBe(false);

  // It comes back elsewhere, and the watcher finds it there.
  rmSync(join(stateFolder, "server.json"));
  const back = await startDevServer({ stateFolder, ports: portsOf(one!) });
  onTestFinished(() => back.stop());
  expect(await watcher.present(true)).toBe(true);
  expect(watcher.address).toBe(back.address);
  expect(back.address).not.toBe(one!.address);
});

test("a server that lost its guard is ended before another starts on its database", async () => {
  const orphan = await startDevServer({ stateFolder });
  const guard = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${orphan.pid}/status`, "utf8"))![1]);
  process.kill(guard, "SIGKILL");
  await orphan.ended;
  expect(isAlive(orphan.pid)).toBe(true);
  const next = await startDevServer({ stateFolder, orphanMs: 100 });
  onTestFinished(() => next.stop());
  expect(next.reused).toBe(false);
  expect(isAlive(orphan.pid)).toBe(false);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectTo, type ServerAddress } from "../../../src/temporal/connection.ts";
import { type DevServer, startDevServer } from "../../../src/temporal/dev-server.ts";
import { embeddedServer, isAlive, stateFolderOf } from "../../../src/temporal/embedded.ts";

let stateFolder: string;
beforeEach(() => {
  stateFolder = stateFolderOf(mkdtempSync(join(tmpdir(), "server-")));
});
afterEach(() => rmSync(dirname(stateFolder), { recursive: true }));

function port(address: string): number {
  return Number(address.split(":").at(-1));
}

function addressOf(server: DevServer): ServerAddress {
  return { address: server.address, namespace: "default", options: { address: server.address }, ui: server.ui };
}

test("starts with our search attributes, is found again, and is gone after stop", async () => {
  const server = await startDevServer({ stateFolder });
  const same = await startDevServer({ stateFolder });
  expect(same).toMatchObject({ reused: true, pid: server.pid, address: server.address });

  const { connection } = await connectTo(addressOf(server));
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: "default" });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(["SnowballStage", "SnowballIteration"]));
  await connection.close();
  expect((await fetch(server.ui)).status).toBe(200);

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

  const second = await startDevServer({ stateFolder, ports: { grpc: port(first.address), ui: port(first.ui) } });
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

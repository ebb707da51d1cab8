import { rmSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { connect, resolveConnection } from "../../src/temporal/connection.ts";
import { type DevServer, startDevServer } from "../../src/temporal/dev-server.ts";
import { stateFolderOf } from "../../src/temporal/embedded.ts";
import { startHost } from "../../src/temporal/worker.ts";
import { newRoot } from "../harness/world.ts";
import { startTlsProxy, TLS, TLS_NAME } from "../support/tls-proxy.ts";

let root: string;
let server: DevServer;
let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
beforeAll(async () => {
  root = newRoot();
  server = await startDevServer({ stateFolder: stateFolderOf(root) });
  proxy = await startTlsProxy(server.address);
});
afterAll(async () => {
  proxy.close();
  await server.stop();
  rmSync(root, { recursive: true });
  vi.unstubAllEnvs();
});

const SETTINGS = {
  TEMPORAL_NAMESPACE: "default",
  TEMPORAL_API_KEY: "a-key",
  TEMPORAL_TLS_SERVER_NAME: TLS_NAME,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(TLS, "ca.crt"),
  TEMPORAL_TLS_CLIENT_CERT_PATH: join(TLS, "client.crt"),
  TEMPORAL_TLS_CLIENT_KEY_PATH: join(TLS, "client.key"),
};
beforeEach(() => {
  proxy.seen.length = 0;
  vi.stubEnv("HOME", root);
  vi.stubEnv("XDG_CONFIG_HOME", undefined);
  vi.stubEnv("TEMPORAL_ADDRESS", proxy.address);
  for (const [name, value] of Object.entries(SETTINGS)) vi.stubEnv(name, value);
});

const known = { authorization: "Bearer a-key", client: "snowball test client" };

test("the settings reach the client: authority, certificate and key", async () => {
  const { connection } = await connect(root);
  await connection.close();
  expect(proxy.seen).toContainEqual({ call: "DescribeNamespace", ...known });
  expect(proxy.seen.every((each) => each.authorization === known.authorization)).toBe(true);
});

test("and the worker, with every poll", async () => {
  const host = await startHost({
    root,
    server: resolveConnection(root)!,
    roles: ["score"],
    control: true,
    devices: [{ kind: "cpu", index: 0 }],
    threads: 1,
    log: pino({ level: "silent" }),
  });
  const polls = ["PollWorkflowTaskQueue", "PollActivityTaskQueue"];
  await vi.waitUntil(() => polls.every((call) => proxy.seen.some((each) => each.call === call)), { timeout: 10_000 });
  await host.stop();
  for (const call of polls) expect(proxy.seen).toContainEqual({ call, ...known });
});

test("without the authority, and without a certificate, there is one sentence and what to look at", async () => {
  vi.stubEnv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", undefined);
  const distrusting = connect(root);
  vi.stubEnv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", SETTINGS.TEMPORAL_TLS_SERVER_CA_CERT_PATH);
  vi.stubEnv("TEMPORAL_TLS_CLIENT_CERT_PATH", undefined);
  vi.stubEnv("TEMPORAL_TLS_CLIENT_KEY_PATH", undefined);
  const nameless = connect(root);
  const sentence = /does not answer over TLS; look at TEMPORAL_ADDRESS and the TEMPORAL_TLS_\* settings/;
  const refused = { type: "BadInput", message: expect.stringMatching(sentence) };
  await Promise.all([distrusting, nameless].map((each) => expect(each).rejects.toMatchObject(refused)));
});

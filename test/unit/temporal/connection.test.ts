import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect, connectTo, resolveConnection } from "../../../src/temporal/connection.ts";
import { stateFolderOf } from "../../../src/temporal/embedded.ts";
import { forgetServer, rememberServer } from "../../../src/temporal/remember.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "root-"));
  // An empty home: no profile of the person who runs the tests.
  vi.stubEnv("HOME", root);
  vi.stubEnv("XDG_CONFIG_HOME", undefined);
  for (const name of ["ADDRESS", "NAMESPACE", "API_KEY", "PROFILE", "CONFIG_FILE"])
    vi.stubEnv(`TEMPORAL_${name}`, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const embedded = { pid: process.pid, address: "127.0.0.1:7001", ui: "http://localhost:8001", mark: "snowball-1" };

test("the environment comes first, with its namespace and key", async () => {
  await rememberServer(stateFolderOf(root), embedded);
  vi.stubEnv("TEMPORAL_ADDRESS", "cloud.example:7233");
  vi.stubEnv("TEMPORAL_NAMESPACE", "team.prod");
  vi.stubEnv("TEMPORAL_API_KEY", "key");
  const server = resolveConnection(root);
  expect(server).toMatchObject({ address: "cloud.example:7233", namespace: "team.prod", ui: null });
  expect(server?.options).toMatchObject({ address: "cloud.example:7233", apiKey: "key", tls: true });
});

test("a profile names address and namespace", () => {
  const file = join(root, "temporal.toml");
  writeFileSync(file, '[profile.default]\naddress = "from.profile:7233"\nnamespace = "lab"\n');
  vi.stubEnv("TEMPORAL_CONFIG_FILE", file);
  expect(resolveConnection(root)).toMatchObject({ address: "from.profile:7233", namespace: "lab" });
});

test("then the embedded server of the root, while its process lives", async () => {
  expect(resolveConnection(root)).toBeNull();
  await rememberServer(stateFolderOf(root), embedded);
  expect(resolveConnection(root)).toMatchObject({ address: "127.0.0.1:7001", namespace: "default", ui: embedded.ui });

  await rememberServer(stateFolderOf(root), { ...embedded, pid: spawnSync(process.execPath, ["-e", ""]).pid });
  expect(resolveConnection(root)).toBeNull();
});

test("a living server is not forgotten for one that ended", async () => {
  await rememberServer(stateFolderOf(root), embedded);
  forgetServer(stateFolderOf(root));
  expect(resolveConnection(root)).not.toBeNull();
});

test("no server, and one that does not answer, are said in one sentence", async () => {
  await expect(connect(root)).rejects.toThrow(
    "No Temporal server is running: start one with `snowball up`, or set TEMPORAL_ADDRESS.",
  );
  const nowhere = { address: "127.0.0.1:1", namespace: "default", options: { address: "127.0.0.1:1" }, ui: null };
  await expect(connectTo(nowhere)).rejects.toMatchObject({
    type: "BadInput",
    message: expect.stringMatching(/^The Temporal server at 127\.0\.0\.1:1 does not answer; look at TEMPORAL_ADDRESS/),
  });
});

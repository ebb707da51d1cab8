import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkflowFailedError } from "@temporalio/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Notice } from "../../src/contract/notice.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { answerGate } from "../../src/temporal/decide.ts";
import { connectTo } from "../../src/temporal/connection.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import type { Host } from "../../src/temporal/worker.ts";
import { type Change, newRoot, simulatedRecipe, startServer, startWorker } from "../harness/world.ts";

const root = newRoot();
let stage: Awaited<ReturnType<typeof startServer>>;
let host: Host;
/** What the web hook was sent; the first request of each run is refused. */
const posted: Notice[] = [];
const hook = createServer((request, response) => {
  void text(request).then((body) => {
    const notice = JSON.parse(body) as Notice;
    response.writeHead(posted.some(({ run }) => run === notice.run) ? 200 : 503).end();
    posted.push(notice);
  });
});

const SMALL: Change<Recipe> = {
  loop: { num_iterations: 1 },
  data: { max_samples: 8, held_out: { val: 4, test: 4 } },
};

beforeAll(async () => {
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
  // Appends what it is told to the file that it is named.
  const program =
    'import { appendFileSync, readFileSync } from "node:fs"; appendFileSync(process.argv[2], readFileSync(0));';
  writeFileSync(join(root, "tell.mjs"), program);
  stage = await startServer(root);
  host = await startWorker(root, stage.server.address, { allow: ["notify"] });
});

afterAll(async () => {
  await host.stop();
  await stage.close();
  hook.close();
});

function recipe(name: string, change: Change<Recipe> = {}): Recipe {
  const made = simulatedRecipe(name, { ...SMALL, ...change } as Change<Recipe>);
  const webhook = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/told`;
  const command = [process.execPath, "tell.mjs", `${name}.jsonl`];
  return { ...made, notify: { on: ["ended", "failed", "asks"], command, webhook } };
}

function told(name: string): Notice[] {
  const file = join(root, `${name}.jsonl`);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Notice);
}

test("a gate that asks and a run that is complete are told, by command and web hook, and again when a telling failed", async () => {
  await startRun(stage.client, recipe("told", { loop: { num_iterations: 1, gate: "ask" } }));
  while (told("told").length < 2) await sleep(100);
  const { address } = stage.server;
  const server = await connectTo({ address, namespace: "default", options: { address }, ui: null });
  await answerGate(server, "told", "promote");
  await server.connection.close();
  await resultOf(stage.client, "told");

  const heard = posted.filter(({ run }) => run === "told");
  expect(heard.map(({ event }) => event)).toEqual(["asks", "asks", "ended"]);
  // The attempt that the web hook refused had started the command already: the id tells that it is the same news.
  expect(heard[0]!.id).toBe(heard[1]!.id);
  expect(told("told")).toEqual(heard);
  expect(heard[1]).toMatchObject({ pipeline: "snowball", next: "bin/snowball gate told --promote, or --rollback" });
  expect(heard[2]!.text).toMatch(/^told is complete\. iteration 1 {3}pairs \d/);
});

test("a run that failed is told with its reason", async () => {
  await startRun(stage.client, recipe("fails", { simulate: { faults: { imagine_failure_share: 0.9 } } }));
  await expect(resultOf(stage.client, "fails")).rejects.toThrow(WorkflowFailedError);
  const [first] = told("fails");
  expect(first).toMatchObject({ event: "failed", next: "bin/snowball status fails" });
  expect(first!.text).toMatch(/^fails failed: .*quarantined/);
});

test("a worker that was not started for it tells nobody, and the run is complete all the same", async () => {
  await host.stop();
  host = await startWorker(root, stage.server.address);
  await startRun(stage.client, recipe("silent"));
  await resultOf(stage.client, "silent");
  expect(told("silent")).toEqual([]);
  expect(posted.filter(({ run }) => run === "silent")).toEqual([]);
});

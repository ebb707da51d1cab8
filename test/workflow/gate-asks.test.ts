import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultPayloadConverter } from "@temporalio/common";
import { WorkflowFailedError } from "@temporalio/client";
import { expect, test, vi } from "vitest";
import type { GateQuestion } from "../../src/contract/gate.ts";
import type { RunProgress } from "../../src/contract/progress.ts";
import { connectTo } from "../../src/temporal/connection.ts";
import { answerGate } from "../../src/temporal/decide.ts";
import { temporalProgram } from "../../src/temporal/server-command.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { rowsOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();
const asking = (name: string) => simulatedRecipe(name, { loop: { num_iterations: 2, gate: "ask" } });

test("a gate that asks waits for a person; the answer decides, is guarded, and is not asked for again", async () => {
  const { address } = stage.server;
  const server = await connectTo({ address, namespace: "default", options: { address }, ui: null });
  await startRun(stage.client, asking("asks"));

  const first = await question("asks", 0);
  expect(first.measured).toMatch(/on val/);
  await vi.waitFor(async () => expect(await listed('SnowballState="asking"')).toEqual(["asks"]), 10_000);
  await expect(answerGate(server, "asks", "promote", 1)).rejects.toThrow(
    "The gate asks about iter_0, not about iter_1.",
  );
  const handle = stage.client.workflow.getHandle("asks");
  await expect(handle.executeUpdate("gate", { args: [{ decision: "perhaps" }] })).rejects.toThrow(
    "Workflow Update failed",
  );
  expect(await answerGate(server, "asks", "roll_back")).toBe("iter_0: the policy before it stays");

  const second = await question("asks", 1);
  expect(second.from).toBe(first.from);
  const input = ["--name", "gate", "--input", '{"decision": "promote"}'];
  const update = ["workflow", "update", "execute", "-w", "asks", ...input, "--address", address];
  await promisify(execFile)(temporalProgram(), update);
  const result = await resultOf(stage.client, "asks");
  expect(rowsOf(result).map((row) => row["gate"])).toEqual([null, "rolled back", null]);
  expect(result.digest).toBe(second.to);
  expect(result.warnings.join()).toMatch(/iter_0\) was rolled back by a person/);
  await expect(answerGate(server, "asks", "promote")).rejects.toThrow("is over");

  expect(await statesOf("asks")).toEqual([
    "running",
    "asking",
    "running",
    "rolled back",
    "asking",
    "running",
    "finished",
  ]);
  const finished = 'SnowballState="finished" AND SnowballDataset="configs/samples/questions.json"';
  await vi.waitFor(async () => expect(await listed(finished)).toEqual(["asks"]), 10_000);

  await startRun(stage.client, asking("asks"), { anew: true });
  expect(await resultOf(stage.client, "asks")).toEqual(result);
  await server.connection.close();
});

test("a run that failed and one that was cancelled are listed as such", async () => {
  const faults = { imagine_failure_share: 0.9 };
  await startRun(stage.client, simulatedRecipe("broken", { simulate: { faults } }));
  await expect(resultOf(stage.client, "broken")).rejects.toThrow(WorkflowFailedError);
  await startRun(stage.client, asking("given-up"));
  await question("given-up", 0);
  await stage.client.workflow.getHandle("given-up").cancel();
  await expect(resultOf(stage.client, "given-up")).rejects.toThrow(WorkflowFailedError);
  await vi.waitFor(async () => {
    expect(await listed('SnowballState="failed"')).toEqual(["broken"]);
    expect(await listed('SnowballState="cancelled"')).toEqual(["given-up"]);
  }, 10_000);
});

async function listed(query: string): Promise<string[]> {
  const names = [];
  for await (const { workflowId } of stage.client.workflow.list({ query })) names.push(workflowId);
  return names;
}

/** How a run was listed, one state after the other. */
async function statesOf(name: string): Promise<string[]> {
  const { events } = await stage.client.workflow.getHandle(name).fetchHistory();
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upserted }) => {
    const state = upserted?.searchAttributes?.indexedFields?.["SnowballState"];
    return state ? defaultPayloadConverter.fromPayload<string[]>(state) : [];
  });
}

async function question(name: string, iteration: number): Promise<GateQuestion> {
  for (;;) {
    const progress = await stage.client.workflow.getHandle(name).query<RunProgress>("progress");
    if (progress.asking?.iteration === iteration) return progress.asking;
    await sleep(100);
  }
}

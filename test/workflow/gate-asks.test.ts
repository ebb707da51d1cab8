import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
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

  await startRun(stage.client, asking("asks"), { anew: true });
  expect(await resultOf(stage.client, "asks")).toEqual(result);
  await server.connection.close();
});

async function question(name: string, iteration: number): Promise<GateQuestion> {
  for (;;) {
    const progress = await stage.client.workflow.getHandle(name).query<RunProgress>("progress");
    if (progress.asking?.iteration === iteration) return progress.asking;
    await sleep(100);
  }
}

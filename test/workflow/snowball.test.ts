import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { imbalance } from "../../src/contract/account.ts";
import type { PartTimes } from "../../src/report/times.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { accountOf, rowsOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

test("five iterations end with a balanced ledger, a table and a run folder", async () => {
  const recipe = simulatedRecipe("whole", { simulate: { faults: { malformed_share: 0.1, empty_share: 0.05 } } });
  expect((await startRun(stage.client, recipe)).how).toBe("started");
  const result = await resultOf(stage.client, "whole");

  expect(rowsOf(result).map((row) => row["iteration"])).toEqual(["base", "1", "2", "3", "4", "5"]);
  expect(result.accounts.map(({ of, total }) => [of, total])).toEqual([
    ["sample", 20 * 4],
    ["question", 20],
  ]);
  expect(result.accounts.map(imbalance)).toEqual([0, 0]);
  expect(accountOf(result, "sample")["policy failures"]).toBeGreaterThan(0);
  expect(new Set(rowsOf(result).map((row) => row["policy"])).size).toBe(6);

  const folder = join(stage.root, result.folder);
  for (const name of ["config.json", "shards.json", "final_status.json", "final/model.json", "iter_4/rollouts.jsonl"]) {
    expect(existsSync(join(folder, name)), name).toBe(true);
  }
  const accumulated = JSON.parse(readFileSync(join(folder, "iter_4/dpo_accumulated.json"), "utf8")) as unknown[];
  expect(accumulated).toHaveLength(accountOf(result, "question")["pairs"]!);
});

test("a finished run is shown, not started again, and a new start finds everything in the store", async () => {
  const recipe = simulatedRecipe("whole", { simulate: { faults: { malformed_share: 0.1, empty_share: 0.05 } } });
  expect((await startRun(stage.client, recipe)).how).toBe("finished");
  const first = await resultOf(stage.client, "whole");
  expect((await startRun(stage.client, recipe, { anew: true })).how).toBe("started");
  expect(await resultOf(stage.client, "whole")).toEqual(first);
});

test("policies that are served merged sample the same loop: they are the same policies, from other files", async () => {
  const simulate = { faults: { malformed_share: 0.1, empty_share: 0.05 } };
  const loop = { num_iterations: 2 };
  const plain = simulatedRecipe("by-adapter", { loop, simulate });
  const merged = simulatedRecipe("by-merge", { loop, simulate, planner: { policies: "merged" } });
  await startRun(stage.client, plain);
  const first = await resultOf(stage.client, "by-adapter");
  await startRun(stage.client, merged);
  const second = await resultOf(stage.client, "by-merge");
  expect(rowsOf(second)).toEqual(rowsOf(first));
  expect(second.policy).toMatchObject({ merged: { rows: 1 } });
  expect(first.policy).not.toHaveProperty("merged");
});

test("a round's folder says how busy its devices were", async () => {
  const { folder } = await resultOf(stage.client, "whole");
  const text = readFileSync(join(stage.root, folder, "iter_1/time.json"), "utf8");
  const { periods, bottleneck, roles, devices } = JSON.parse(text) as PartTimes;
  // It was started twice.
  expect(periods).toHaveLength(2);
  const [first, second] = periods;
  expect(first!.to).toBeLessThan(second!.from);
  const names = roles.map(({ role }) => role);
  expect(names).toEqual(expect.arrayContaining(["rollout", "imagine", "score", "train"]));
  expect(names).toContain(bottleneck);
  for (const { share } of devices) expect(share).toBeGreaterThan(0);
});

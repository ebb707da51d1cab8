import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { imbalance } from "../../src/contract/account.ts";
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

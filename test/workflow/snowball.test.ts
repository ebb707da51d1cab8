import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

test("five iterations end with a balanced ledger, a table and a run folder", async () => {
  const recipe = simulatedRecipe("whole", { simulate: { faults: { malformed_share: 0.1, empty_share: 0.05 } } });
  expect((await startRun(stage.client, recipe)).how).toBe("started");
  const result = await resultOf(stage.client, "whole");

  expect(result.table.map((row) => row.iteration)).toEqual([-1, 0, 1, 2, 3, 4]);
  const { samples, view, empty, policy_failure, quarantined, questions, pairs, dropped } = result.ledger;
  expect(samples).toBe(20 * 4);
  expect(view + empty + policy_failure + quarantined).toBe(samples);
  expect(questions).toBe(20);
  expect(pairs + Object.values(dropped).reduce((a, b) => a + b, 0)).toBe(20);
  expect(policy_failure).toBeGreaterThan(0);
  expect(new Set(result.table.map((row) => row.policy)).size).toBe(6);

  const folder = join(stage.root, result.folder);
  for (const name of ["config.json", "shards.json", "final_status.json", "final/model.json", "iter_4/rollouts.jsonl"]) {
    expect(existsSync(join(folder, name)), name).toBe(true);
  }
  const accumulated = JSON.parse(readFileSync(join(folder, "iter_4/dpo_accumulated.json"), "utf8")) as unknown[];
  expect(accumulated).toHaveLength(pairs);
});

test("a finished run is shown, not started again, and a new start finds everything in the store", async () => {
  const recipe = simulatedRecipe("whole", { simulate: { faults: { malformed_share: 0.1, empty_share: 0.05 } } });
  expect((await startRun(stage.client, recipe)).how).toBe("finished");
  const first = await resultOf(stage.client, "whole");
  expect((await startRun(stage.client, recipe, { anew: true })).how).toBe("started");
  expect(await resultOf(stage.client, "whole")).toEqual(first);
});

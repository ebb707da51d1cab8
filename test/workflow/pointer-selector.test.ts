import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Recipe } from "../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const stage = stageForFile();

function recipeOf(name: string, change: object = {}): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/pointer-selector.simulated.yaml"), "utf8")) as object;
  return parseRecipeObject({ ...shipped, name, retries: { heartbeat_timeout_s: 2, max_attempts: 2 }, ...change });
}

async function run(recipe: Recipe): Promise<RunResult> {
  await startRun(stage.client, recipe);
  return resultOf(stage.client, recipe.name);
}

function shown(result: RunResult, file: string): string {
  return readFileSync(join(stage.root, result.folder, file), "utf8");
}

async function problemsIn(result: RunResult): Promise<string[]> {
  const problems = [];
  const store = createLocalStore(join(stage.root, ".snowball/store"));
  for await (const each of verifyRun(store, join(stage.root, result.folder))) {
    if (each.problem) problems.push(`${each.what}: ${each.problem}`);
  }
  return problems;
}

test("every method answers with every number of shots, and what the search found can be brought back as a file", async () => {
  const result = await run(recipeOf("whole"));
  const [accuracy, trainings] = result.tables;
  expect(accuracy!.rows.map((row) => row["method"])).toEqual(["random", "similarity", "sft", "rce", "grpo"]);
  for (const row of accuracy!.rows) for (const shots of ["1", "2"]) expect(row[shots]).toHaveProperty("mean");
  expect(trainings!.rows.map((row) => row["stage"])).toEqual(["sft", "rce", "grpo"]);
  for (const { total, parts } of result.accounts) {
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBe(total);
  }
  expect(await problemsIn(result)).toEqual([]);

  const found = JSON.parse(shown(result, "beams/beams.json")) as Record<string, { id_list: string[][] }>;
  for (const [query, { id_list: lists }] of Object.entries(found)) {
    expect(lists).toHaveLength(5);
    for (const list of lists) expect(list.at(-1)).toBe(query);
  }
  for (const file of ["beams", "rl_beams"]) {
    writeFileSync(join(stage.root, `${file}.json`), shown(result, `beams/${file}.json`));
    const again = await run(recipeOf(file, { beams: { given: `${file}.json`, candidates: 8 } }));
    expect(shown(again, "beams/beams.json")).toBe(shown(result, "beams/beams.json"));
  }
});

test("RCE and GRPO can be left out, and a run that adds them finds what came before", async () => {
  const first = await run(recipeOf("stops-after-rce", { grpo: { epochs: 0 } }));
  const [, trained] = first.tables;
  expect(trained!.rows.map((row) => row["stage"])).toEqual(["sft", "rce"]);
  const on = await run(recipeOf("goes-on"));
  expect(on.tables[1]!.rows[1]!["selector"]).toBe(trained!.rows[1]!["selector"]);
  const without = await run(recipeOf("without-rce", { rce: { epochs: 0 } }));
  expect(without.tables[1]!.rows.map((row) => row["stage"])).toEqual(["sft", "grpo"]);
  expect(without.tables[1]!.rows[1]!["selector"]).not.toBe(on.tables[1]!.rows[2]!["selector"]);
});

test("scores that are all equal stop the run before anything is trained", async () => {
  const equal = recipeOf("equal", { simulate: { faults: { constant_score: true } } });
  const failure = await run(equal).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect(String((failure as WorkflowFailedError).cause?.cause)).toContain("No query has beams of different scores");
});

test("probabilities that are no numbers quarantine their queries", async () => {
  const result = await run(recipeOf("nan", { simulate: { faults: { unreadable_score_share: 0.01 } } }));
  const account = result.accounts.find(({ of }) => of === "query")!;
  expect(account.parts["quarantined"]).toBeGreaterThan(0);
  expect(account.parts["with beams"]).toBeGreaterThan(0);
});

test("the network is trained for real, and chooses through its exported graph", async () => {
  const change = { training: { batch_size: 8 }, selector: { hidden: 16, heads: 2 }, sft: { epochs: 2 } };
  const real = { ...change, rce: { epochs: 0 }, grpo: { epochs: 2 }, beams: { candidates: 8, size: 3 }, shots: [1] };
  const result = await run(recipeOf("real", { ...real, retries: { max_attempts: 1 } }));
  const [sft, grpo] = result.tables[1]!.rows;
  expect(sft).toMatchObject({ stage: "sft", steps: 10 });
  expect(grpo!["kl"]).toBeGreaterThanOrEqual(0);
  const log = shown(result, "grpo/training_log.jsonl").trim().split("\n");
  expect(log).toHaveLength(grpo!["steps"] as number);
  expect(shown(result, "answers/grpo-1.jsonl")).not.toBe("");
}, 300_000);

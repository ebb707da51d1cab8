import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Recipe } from "../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { EVENT_FILE, eventFile } from "../../src/run/event-file.ts";
import { LOG, readLog } from "../../src/run/logs.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const stage = stageForFile();

function recipeOf(name: string, change: object = {}): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/spatial.simulated.yaml"), "utf8")) as object;
  return parseRecipeObject({ ...shipped, name, retries: { heartbeat_timeout_s: 2, max_attempts: 2 }, ...change });
}

async function run(recipe: Recipe): Promise<RunResult> {
  await startRun(stage.client, recipe);
  return resultOf(stage.client, recipe.name);
}

interface Summary {
  readonly policy: string;
  readonly artifacts: Record<"rows" | "adapter" | "checkpoint", ArtifactRef>;
}

function summaryOf(result: RunResult, name: string): Summary {
  return JSON.parse(readFileSync(join(stage.root, result.folder, name, "summary.json"), "utf8")) as Summary;
}

async function inputsOf({ key, sha256, bytes, rows }: ArtifactRef): Promise<string[]> {
  const folder = await createLocalStore(join(stage.root, ".snowball/store")).open({ key, sha256, bytes, rows });
  return (JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { inputs: string[] }).inputs;
}

async function problemsIn(result: RunResult): Promise<string[]> {
  const problems = [];
  const store = createLocalStore(join(stage.root, ".snowball/store"));
  for await (const each of verifyRun(store, join(stage.root, result.folder))) {
    if (each.problem) problems.push(`${each.what}: ${each.problem}`);
  }
  return problems;
}

test("each stage starts from the checkpoint that the one before made, and all are measured alike", async () => {
  const result = await run(recipeOf("chain"));
  const [measured, trained] = result.tables;
  expect(measured!.rows.map((row) => row["policy"])).toEqual(["base", "sft", "dpo", "grpo"]);
  expect(trained!.rows.map((row) => [row["stage"], row["rows"]])).toEqual([
    ["sft", 28],
    ["dpo", 28],
    ["grpo", 35],
  ]);
  const [sft, dpo, grpo] = ["sft", "dpo", "grpo"].map((name) => summaryOf(result, name));
  // For TensorBoard: a record a step, made of the log, with the log's time.
  const log = join(stage.root, result.folder, "dpo", LOG);
  const at = Math.floor(statSync(log).mtimeMs / 1000);
  expect(readFileSync(join(dirname(log), EVENT_FILE))).toEqual(eventFile(await readLog(log), at));
  expect((await inputsOf(dpo!.artifacts.adapter))[0]).toBe(sft!.artifacts.checkpoint.sha256);
  expect((await inputsOf(grpo!.artifacts.adapter))[0]).toBe(dpo!.artifacts.checkpoint.sha256);
  expect(result.digest).toBe(grpo!.policy);
  expect(measured!.rows.at(-1)!["digest"]).toBe(grpo!.policy);
  for (const { total, parts } of result.accounts) {
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBe(total);
  }
  expect(existsSync(join(stage.root, result.folder, "final"))).toBe(true);
  expect(await problemsIn(result)).toEqual([]);
});

test("a stage can be left out; what does not depend on it is found", async () => {
  const chain = await run(recipeOf("chain"));
  const result = await run(recipeOf("shorter", { stages: ["sft", "grpo"] }));
  expect(summaryOf(result, "sft").artifacts.adapter).toEqual(summaryOf(chain, "sft").artifacts.adapter);
  expect((await inputsOf(summaryOf(result, "grpo").artifacts.adapter))[0]).toBe(
    summaryOf(chain, "sft").artifacts.checkpoint.sha256,
  );
  expect(summaryOf(result, "grpo").policy).not.toBe(summaryOf(chain, "grpo").policy);
});

test("a reward of one's own is part of what the training is made of", async () => {
  const program = join(stage.root, "mine.ts");
  const grpo = {
    data: [{ format: "plain", path: "configs/samples/spatial/tasks.jsonl", image_root: "configs/samples" }],
    training: { backend: "simulated", rewards: { combined: 1, "mine.ts": 0.5 } },
  };
  const rewarded = (name: string): Recipe => recipeOf(name, { stages: ["grpo"], grpo });
  writeFileSync(program, "export const score = () => ({ reward: 1, parts: {} });\n");
  const first = await run(rewarded("rewarded"));
  expect(await problemsIn(first)).toEqual([]);
  writeFileSync(program, "export const score = () => ({ reward: -1, parts: {} });\n");
  const other = await run(rewarded("rewarded-otherwise"));
  expect(summaryOf(other, "grpo").artifacts.adapter.key).not.toBe(summaryOf(first, "grpo").artifacts.adapter.key);
  writeFileSync(program, "export const reward = 1;\n");
  const failure = await run(rewarded("rewarded-by-none")).catch((error: unknown) => error);
  expect(String((failure as WorkflowFailedError).cause?.cause)).toContain("mine.ts exports no function `score`");
});

test("rows with a picture of a benchmark are left out, and unusable ones where the set says so; all are counted", async () => {
  const file = "configs/samples/spatial/answers.jsonl";
  const leak = { id: "leak", image: "images/00.png", question: "Which square is red?", answer: "The left one." };
  const gone = { id: "gone", image: "images/never-fetched.png", question: "Which?", answer: "None." };
  appendFileSync(join(stage.root, file), `${JSON.stringify(leak)}\n${JSON.stringify(gone)}\n`);
  const set = { format: "spatial-qa", path: file, image_root: "configs/samples" };
  const sft = { data: [{ ...set, bad_rows: "leave_out", limit: 20 }], training: { backend: "simulated" } };
  const result = await run(recipeOf("left-out", { stages: ["sft"], sft }));
  expect(result.accounts[0]).toEqual({
    of: "example of sft",
    total: 30,
    parts: { trained: 20, "not in the mixture": 8, "with a picture of a benchmark": 1, "not usable": 1 },
  });
  expect(await problemsIn(result)).toEqual([]);

  const strict = recipeOf("strict", { stages: ["sft"], sft: { ...sft, data: [set] } });
  const failure = await run(strict).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect(String((failure as WorkflowFailedError).cause?.cause)).toContain(
    `${file}, row 30 (id "gone"): image "images/never-fetched.png" does not exist`,
  );
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import { imbalance } from "../../src/contract/account.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Measured } from "../../src/contract/table.ts";
import type { Recipe } from "../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import type { PairRow } from "../../src/preference/rows.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import type { SftRow } from "../../src/training/sft.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const stage = stageForFile();

function recipeOf(name: string, change: object = {}): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/unified-reward.simulated.yaml"), "utf8")) as object;
  return parseRecipeObject({ ...shipped, name, retries: { heartbeat_timeout_s: 2, max_attempts: 2 }, ...change });
}

async function run(recipe: Recipe): Promise<RunResult> {
  await startRun(stage.client, recipe);
  return resultOf(stage.client, recipe.name);
}

function shown(result: RunResult, file: string): unknown {
  return JSON.parse(readFileSync(join(stage.root, result.folder, file), "utf8"));
}

interface Summary {
  readonly policy: string;
  readonly artifacts: Record<"rows" | "adapter" | "checkpoint", ArtifactRef>;
}

function summaryOf(result: RunResult, name: string): Summary {
  return shown(result, `${name}/summary.json`) as Summary;
}

async function inputsOf(ref: ArtifactRef): Promise<string[]> {
  const folder = await createLocalStore(join(stage.root, ".snowball/store")).open(ref);
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

function accountOf({ accounts }: RunResult, of: string) {
  return accounts.find((each) => each.of === of)!;
}

const SAMPLED = ["right", "wrong", "unparseable", "quarantined"];

test("cold start, rejection sampling and DPO: each from what the one before made, every chain and pair accounted for", async () => {
  const result = await run(recipeOf("whole"));
  const [measured, trained] = result.tables;
  expect(measured!.rows.map((row) => row["policy"])).toEqual(["base", "cold_start", "rejection", "dpo"]);
  expect(measured!.columns.map(({ title }) => title)).toContain("position bias");
  for (const row of measured!.rows) {
    const bias = row["pairwise position bias"] as Measured;
    expect(Math.abs(bias.mean)).toBeLessThanOrEqual(1);
    expect((row["pairwise words"] as Measured).mean).toBeGreaterThan(3);
  }
  const [cold, rejection, dpo] = ["cold_start", "rejection", "dpo"].map((name) => summaryOf(result, name));
  expect((await inputsOf(rejection!.artifacts.adapter))[0]).toBe(cold!.artifacts.checkpoint.sha256);
  expect((await inputsOf(dpo!.artifacts.adapter))[0]).toBe(rejection!.artifacts.checkpoint.sha256);
  expect(result.digest).toBe(dpo!.policy);

  for (const account of result.accounts) expect(imbalance(account)).toBe(0);
  const chains = accountOf(result, "chain of cold_start");
  expect(Object.keys(chains.parts)).toEqual(SAMPLED);
  expect(chains.total).toBeGreaterThan(32);
  const right = accountOf(result, "right chain");
  expect(right.total).toBe(chains.parts["right"]);
  const pairs = accountOf(result, "pair for preferences");
  expect(pairs.total).toBe(16);
  expect(trained!.rows.map((row) => row["rows"])).toEqual([
    8,
    right.parts["trained"],
    pairs.parts["with a preference"],
  ]);

  // A right chain is learned behind what was asked; a preference is of two chains of one pair.
  const rows = shown(result, "rejection/sft_rows.json") as SftRow[];
  for (const { answer, policy } of rows) {
    expect(answer).toMatch(/<answer>Image [12] is better<\/answer>$/);
    expect(policy).toBe(cold!.policy);
  }
  const preferences = shown(result, "dpo/dpo_pairs.json") as PairRow[];
  for (const { chosen, rejected, prompt } of preferences) {
    const [one, other] = [chosen, rejected].map((text) => /<answer>(.*)<\/answer>/.exec(text)![1]);
    expect(new Set([one, other])).toEqual(new Set(["Image 1 is better", "Image 2 is better"]));
    expect(prompt.match(/<image>/g)).toHaveLength(2);
  }
  expect(await problemsIn(result)).toEqual([]);
});

test("what is asked again goes on where it was; preferred chains may be another policy's", async () => {
  const once = await run(recipeOf("once", { sampling: sampling({ fill: "none" }) }));
  expect(accountOf(once, "chain of cold_start").total).toBe(32);
  const dpo = { chosen_from: "policy", training: { backend: "simulated" } };
  const newer = await run(recipeOf("newer", { sampling: sampling({ fill: "none" }), dpo }));
  expect(accountOf(newer, "chain of rejection").total).toBe(32);
  expect(summaryOf(newer, "rejection").artifacts.adapter).toEqual(summaryOf(once, "rejection").artifacts.adapter);
  const [{ policy }] = shown(newer, "dpo/dpo_pairs.json") as [PairRow];
  expect(policy).toBe(summaryOf(newer, "cold_start").policy);
  expect(await problemsIn(newer)).toEqual([]);
});

test("without one right chain nothing is trained on", async () => {
  const rejection = { max_right_share: 0, training: { backend: "simulated" } };
  const failure = await run(recipeOf("too-easy", { rejection })).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect(String((failure as WorkflowFailedError).cause?.cause)).toContain("No right chain is left to learn from");
});

function sampling(change: object): object {
  const data = [{ format: "pairwise", path: "configs/samples/reward/pairs.jsonl", image_root: "configs/samples" }];
  return { data, samples: 2, ...change };
}

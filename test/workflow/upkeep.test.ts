import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { census } from "../../src/artifact/descent.ts";
import { setAsideToRetry } from "../../src/artifact/set-aside.ts";
import { readLoop } from "../../src/pipeline/snowball/upkeep/trace.ts";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import { historyOf } from "../../src/pipeline/snowball/cost/history.ts";
import { changedFrom } from "../../src/pipeline/snowball/at-iteration.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { planPrune, prune, type PruneOptions, storeLayout } from "../../src/run/prune.ts";
import { findQuarantined } from "../../src/pipeline/snowball/upkeep/quarantined.ts";
import { planRun } from "../../src/pipeline/snowball/cost/plan-run.ts";
import { upkeep } from "../../src/pipeline/snowball/upkeep/index.ts";
import { readTrace } from "../../src/run/trace.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { stateFolderOf } from "../../src/temporal/embedded.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { accountOf, rowsOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { type Change, simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

const THREE: Change<Recipe> = {
  loop: { num_iterations: 3 },
  data: { max_samples: 12, held_out: { val: 2, test: 4 } },
  thresholds: { max_quarantined_share: 1 },
  simulate: { faults: { refused_share: 0.15, malformed_share: 0.05 } },
};
const recipe = simulatedRecipe("kept", THREE);
const faster = simulatedRecipe("kept", { ...THREE, training: { learning_rate: 0.5 } });
let first: RunResult;
beforeAll(async () => {
  first = await complete(recipe);
});

async function complete(wanted: Recipe): Promise<RunResult> {
  await startRun(stage.client, wanted, { anew: true });
  return resultOf(stage.client, wanted.name);
}

/** Artifacts of each step in the store. */
function stored(): Record<string, string[]> {
  const artifacts = join(stateFolderOf(stage.root), "store/artifacts");
  return Object.fromEntries(readdirSync(artifacts).map((step) => [step, readdirSync(join(artifacts, step))]));
}

function count(step: string): number {
  return stored()[step]?.length ?? 0;
}

function planned(options: Partial<PruneOptions> = {}) {
  const state = stateFolderOf(stage.root);
  return planPrune(stage.root, state, { keep: "all", run: null, open: new Set(), ...options });
}

async function problems(result: RunResult): Promise<string[]> {
  const store = createLocalStore(join(stateFolderOf(stage.root), "store"));
  const found: string[] = [];
  for await (const { what, problem } of verifyRun(store, join(stage.root, result.folder))) {
    if (problem !== undefined) found.push(`${what}: ${problem}`);
  }
  return found;
}

test("the plan's length of histories is an upper bound within a factor of two", async () => {
  const { data } = await planRun(stage.root, recipe);
  const planned = historyOf(recipe, data);
  const lengths = async (id: string) => (await stage.client.workflow.getHandle(id).describe()).historyLength;
  const run = await lengths("kept");
  const child = Math.max(await lengths("kept/iter-0"), await lengths("kept/eval-reference"));
  for (const [real, bound] of [
    [run, planned.run],
    [child, planned.child],
  ] as const) {
    expect(real).toBeLessThanOrEqual(bound);
    expect(bound).toBeLessThanOrEqual(2 * real);
  }
});

test("from iteration 2 on: the iterations before are found, and only what the change determines is made", async () => {
  const before = { score: count("score"), train: count("train"), rollout: count("rollout") };
  const mixed = await complete(changedFrom(recipe, faster, 2));
  expect(rowsOf(mixed).slice(0, 3)).toEqual(rowsOf(first).slice(0, 3));
  expect(rowsOf(mixed)[3]!["policy"]).not.toBe(rowsOf(first)[3]!["policy"]);
  // One more training; the last iteration's policy is only measured, greedily, on three chunks.
  expect(count("train")).toBe(before.train + 1);
  expect(count("score")).toBe(before.score);
  expect(count("rollout")).toBe(before.rollout + 3);
  expect(await problems(mixed)).toEqual([]);
  const config = JSON.parse(readFileSync(join(stage.root, mixed.folder, "config.json"), "utf8")) as Recipe;
  expect(config).toMatchObject({ changes: [{ from_iteration: 2, training: { learning_rate: 0.5 } }] });
});

test("prune: what a run refers to stays, what none refers to goes, and nothing kept is made again", async () => {
  // The folder of the first recipe still refers to its training.
  expect((await planned()).parts).toEqual([]);
  const mixed = await complete(changedFrom(recipe, faster, 2));
  rmSync(join(stage.root, first.folder), { recursive: true });

  const unasked = await planned({ open: null });
  expect(unasked.parts).toEqual([]);
  expect(unasked.left).toEqual([expect.stringContaining("Temporal does not answer")]);
  const open = await planned({ open: new Set(["kept"]) });
  expect(open.parts).toEqual([]);
  expect(open.left).toEqual(["kept is not complete: all that it may need stays."]);

  const trainings = count("train");
  const plan = await planned();
  expect(plan.parts.map((part) => part.what)).toEqual(["unreferenced"]);
  expect(plan.bytes).toBeGreaterThan(0);
  await prune(stateFolderOf(stage.root), plan);
  expect(count("train")).toBe(trainings - 1);
  expect((await planned()).parts).toEqual([]);
  expect(await problems(mixed)).toEqual([]);
  const kept = stored();
  expect(await complete(changedFrom(recipe, faster, 2))).toEqual(mixed);
  expect(stored()).toEqual(kept);
});

test("while a run is open, what others left goes and all that it may need stays", async () => {
  await complete(changedFrom(recipe, faster, 2));
  const kept = stored();
  const gone = await complete(simulatedRecipe("gone", { ...THREE, seed: 5 }));
  rmSync(join(stage.root, gone.folder), { recursive: true });
  const lost = await planned();
  expect(lost.left).toEqual([expect.stringContaining("The run folder of gone is gone")]);
  rmSync(join(stateFolderOf(stage.root), "runs/gone.json"));

  const plan = await planned({ open: new Set(["kept"]) });
  const going = new Set(plan.parts.flatMap((part) => part.keys));
  expect(
    Object.values(kept)
      .flat()
      .filter((key) => going.has(key)),
  ).toEqual([]);
  // Its samples have seeds of their own; its evaluations might be anybody's.
  expect([...going].filter((key) => key.startsWith("score-"))).toHaveLength(6);
  expect([...going].filter((key) => key.startsWith("evaluate-"))).toEqual([]);
  await prune(stateFolderOf(stage.root), plan);
  await prune(stateFolderOf(stage.root), await planned());
  expect({ ...stored(), dataset: [], recipe: [] }).toEqual({ ...kept, dataset: [], recipe: [] });
});

test("prune --keep pairs: only views of pairs stay; run anew, only views are made again", async () => {
  const mixed = await complete(changedFrom(recipe, faster, 2));
  const before = stored();
  await prune(stateFolderOf(stage.root), await planned({ keep: "pairs", run: "kept" }));
  expect(count("imagine")).toBe(0);
  expect(await problems(mixed)).toEqual([]);
  const pairs = JSON.parse(readFileSync(join(stage.root, mixed.folder, "iter_0/dpo_pairs.json"), "utf8")) as object[];
  const shown = readdirSync(join(stage.root, mixed.folder, "iter_0/generated_images"), { recursive: true }).filter(
    (name) => /^[^/]+\/rollout_\d+$/.test(String(name)),
  );
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.length).toBeLessThanOrEqual(2 * pairs.length);
  expect(await complete(changedFrom(recipe, faster, 2))).toEqual(mixed);
  expect(stored()).toEqual(before);
});

test("quarantined samples are made again, and what was built on them does not stand in the way", async () => {
  const mixed = await complete(changedFrom(recipe, faster, 2));
  const trace = (await readTrace(join(stage.root, mixed.folder), "kept"))!;
  const layout = storeLayout(stateFolderOf(stage.root));
  const pieces = await census(layout);
  const retry = await findQuarantined(layout, pieces, await readLoop(trace));
  const samples = Object.values(retry.reasons).reduce((sum, each) => sum + each, 0);
  const { quarantined } = accountOf(mixed, "sample");
  expect(samples).toBeGreaterThanOrEqual(quarantined!);
  expect(quarantined).toBeGreaterThan(0);
  expect(retry.judged).toEqual([]);
  expect((await upkeep.quarantined!(layout, pieces, trace)).aside).toEqual(retry.views);
  const before = stored();
  for (const key of retry.views) await setAsideToRetry(layout, key);
  expect(count("imagine")).toBe(before["imagine"]!.length - retry.views.length);
  // The simulated executor declines the same instructions again, so the run comes to the same end.
  expect(await complete(changedFrom(recipe, faster, 2))).toEqual(mixed);
  expect(stored()).toEqual(before);
  expect((await planned()).parts.map((part) => [part.what, part.folders.length])).toEqual([
    ["aside", retry.views.length],
  ]);
});

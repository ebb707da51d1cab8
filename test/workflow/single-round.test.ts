import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { expect, test } from "vitest";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { PairRow } from "../../src/preference/rows.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { accountOf, rowsOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";
import { parsed } from "../support/recipe.ts";

const stage = stageForFile();

/** The simulated recipe as a single round; small gaps stay, so that a few questions make pairs. */
function oneRound(name: string, change: object = {}): ReturnType<typeof parsed> {
  const { loop: _, pipeline: __, ...rest } = simulatedRecipe(name);
  return parsed({ ...rest, pipeline: "single-round", ...change });
}

async function run(recipe: ReturnType<typeof parsed>): Promise<RunResult> {
  await startRun(stage.client, recipe);
  return resultOf(stage.client, recipe.name);
}

function pairsIn(result: RunResult): PairRow[] {
  return JSON.parse(readFileSync(join(stage.root, result.files["Pairs"]!), "utf8")) as PairRow[];
}

async function problemsIn(result: RunResult): Promise<string[]> {
  const problems = [];
  const store = createLocalStore(join(stage.root, ".snowball/store"));
  for await (const each of verifyRun(store, join(stage.root, result.folder))) if (each.problem) problems.push(each);
  return problems.map((each) => `${each.what}: ${each.problem}`);
}

test("one round makes data, trains on it and measures, in the folder that people know", async () => {
  const result = await run(oneRound("round"));
  expect(result.folder).toMatch(/^results\/dpo_data\/\w+_\d{8}_\d{6}$/);
  expect(rowsOf(result).map((row) => [row["iteration"], row["gate"]])).toEqual([
    ["base", null],
    ["1", null],
  ]);
  const { pairs } = accountOf(result, "question");
  expect(pairsIn(result)).toHaveLength(pairs!);
  expect(pairs).toBeGreaterThan(0);
  expect(existsSync(join(stage.root, result.folder, "final/model.json"))).toBe(true);
  expect(await problemsIn(result)).toEqual([]);
});

test("the two halves, run apart, come to the same policy as the whole", async () => {
  const whole = await run(oneRound("round"));
  const trainings = trained();
  const data = await run(oneRound("data-half", { round: { stop_after: "pairs" } }));
  const { pairs } = accountOf(whole, "question");
  expect(rowsOf(data)).toMatchObject([{ iteration: "1", gate: null, pairs }]);
  expect(Object.keys(data.files)).toEqual(["Pairs"]);
  expect(trained()).toBe(trainings);
  expect(await problemsIn(data)).toEqual([]);
  expect(pairsIn(data)).toEqual(pairsIn(whole));

  copyFileSync(join(stage.root, data.files["Pairs"]!), join(stage.root, "mine.json"));
  const training = await run(oneRound("training-half", { round: { pairs: "mine.json" } }));
  const { accuracy } = rowsOf(whole).at(-1)!;
  expect(rowsOf(training).at(-1)).toMatchObject({ pairs, accuracy });
  expect(training.digest).toBe(whole.digest);
  expect(accountOf(training, "sample").total).toBe(0);
  expect(accountOf(training, "question")).toEqual({ total: pairs, pairs });
  expect(await problemsIn(training)).toEqual([]);
});

test("pairs alone, without any questions, are trained on and nothing is measured", async () => {
  const { data, ...rest } = oneRound("pairs-only", { round: { pairs: "mine.json" } });
  const result = await run(parsed({ ...rest, data: { image_root: data.image_root } }));
  expect(rowsOf(result).at(-1)).toMatchObject({ accuracy: null, gate: null });
  expect(result.files).toHaveProperty("Final model");
});

test("a pairs file that shows what is held out is refused before anything is trained", async () => {
  const questions = simulatedRecipe("x").data;
  const leaking = oneRound("leaking", {
    round: { pairs: "mine.json" },
    data: { ...questions, held_out: { val: 10, test: 20 } },
  });
  await startRun(stage.client, leaking);
  const failed = await resultOf(stage.client, "leaking").catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(WorkflowFailedError);
  expect(String((failed as WorkflowFailedError).cause?.cause)).toMatch(/show the same picture/);
});

function trained(): number {
  return readdirSync(join(stage.root, ".snowball/store/artifacts/train")).length;
}

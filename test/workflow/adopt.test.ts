import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PairRow } from "../../src/preference/rows.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { snowball } from "../harness/command.ts";
import { accountOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";
import { readRecipeFile } from "../../src/cli/options.ts";

const stage = stageForFile();

test("a run folder without its store is adopted, and a run goes on from its pairs", async () => {
  const recipe = simulatedRecipe("first", { loop: { num_iterations: 2 }, data: { max_samples: 16 } });
  await startRun(stage.client, recipe);
  const { folder } = await resultOf(stage.client, "first");
  const copy = join(stage.root, "elsewhere/first-run");
  cpSync(join(stage.root, folder), copy, { recursive: true });

  const { stdout, exitCode } = await snowball(stage.root, "adopt", "elsewhere/first-run", "--json");
  expect(exitCode, stdout).toBe(0);
  const written = JSON.parse(stdout) as { trusted: number; pairs: string; recipe: string; report: string };
  const kept = JSON.parse(readFileSync(written.pairs, "utf8")) as Pick<PairRow, "chosen" | "rejected">[];
  const made = [0, 1].flatMap(
    (at) => JSON.parse(readFileSync(join(copy, `iter_${at}/dpo_pairs.json`), "utf8")) as PairRow[],
  );
  const texts = new Set(made.map(({ chosen, rejected }) => `${chosen} over ${rejected}`));
  expect(written.trusted).toBe(2);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.every(({ chosen, rejected }) => texts.has(`${chosen} over ${rejected}`))).toBe(true);
  expect(readFileSync(written.report, "utf8")).toContain("What was found");

  const next = readRecipeFile(written.recipe);
  await startRun(stage.client, next);
  const result = await resultOf(stage.client, next.name);
  expect(accountOf(result, "question")).toEqual({ total: kept.length, pairs: kept.length });
  expect(result.files).toHaveProperty("Final model");
});

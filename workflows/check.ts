import type { CheckOwn, CheckSteps, Finding, HowChecked } from "../src/contract/check.ts";
import { checkTable } from "../src/contract/check.ts";
import type { RunResult } from "../src/contract/progress.ts";
import { listAs } from "./stages/listing.ts";
import { openRun } from "./stages/open.ts";
import { trainSteps } from "./stages/steps.ts";

/**
 * Tries every training of a recipe before the recipe is run: the run's own first step, then a look at each training's
 * rows, at the checkpoint that it starts from, and one optimizer step. The id is the run's own, and a word behind it.
 */
export async function check(recipe: unknown, { step, mlx }: HowChecked): Promise<RunResult> {
  const { plan, board, warnings } = await openRun<CheckOwn>(step, recipe);
  const { trainings } = plan.own;
  const { checkTraining } = trainSteps<CheckSteps>(plan.limits);
  const found: { title: string; findings: readonly Finding[] }[] = [];
  for (const [at, training] of trainings.entries()) {
    const { title, note } = training;
    board.stage({ name: "check", doing: "trying the training", title, at, of: trainings.length });
    const input = { run: plan.run, ...training, ...(mlx !== undefined && { mlx }) };
    found.push({ title, findings: await checkTraining.executeWithOptions({ summary: `check · ${title}` }, [input]) });
    if (note !== undefined) warnings.push(`${title}: ${note}`);
  }
  board.stage({ name: "done", doing: "done" });
  listAs("finished");
  const own = { pipeline: "check", policy: null, digest: null, accounts: [], files: {} };
  return { run: plan.run.name, ...own, tables: [checkTable(found)], folder: plan.folder, warnings };
}

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines, writeJson } from "../../src/artifact/files.ts";
import type { ScoreRow } from "../../src/contract/measurement.ts";
import type { ResultsInput } from "../../src/pipeline/harp/contract/plan.ts";
import { FAULTS } from "../../src/reward/plan/judge.ts";
import { clusteredMean } from "../../src/statistics/clustered.ts";
import { SCORES_FILE } from "../../src/statistics/scores.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";

/** The six keys, each a mean with its standard error over scenes. */
const METRICS = ["format_accuracy", "action_accuracy", "transition_accuracy", "task_completion", "steps", "h_prm"];

/** Writes what the policies came to: results/evaluation.json, and by type of fault results/faults.json. */
export async function writeResults(
  { store, root }: ActivityDeps,
  _context: StepContext,
  input: ResultsInput,
): Promise<void> {
  const evaluation: Record<string, object> = {};
  const faults: Record<string, object> = {};
  for (const { policy, measured } of input.cells) {
    const rows = await readAllJsonLines<ScoreRow>(join(await store.open(measured.rows), SCORES_FILE));
    const of = (score: string) =>
      clusteredMean(
        rows.flatMap(({ group, scores }) => {
          const value = scores[score] ?? null;
          return value === null ? [] : [{ group, value }];
        }),
      );
    evaluation[policy] = Object.fromEntries(METRICS.map((name) => [name, of(name)]));
    faults[policy] = Object.fromEntries(FAULTS.map((fault) => [fault, of(`fault ${fault}`)]));
  }
  const folder = join(root, input.folder, "results");
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "evaluation.json"), evaluation);
  await writeJson(join(folder, "faults.json"), faults);
}

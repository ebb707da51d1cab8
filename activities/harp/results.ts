import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines, writeJson } from "../../src/artifact/files.ts";
import type { ScoreRow } from "../../src/contract/measurement.ts";
import type { ResultsInput } from "../../src/pipeline/harp/contract/plan.ts";
import { FAULTS } from "../../src/reward/plan/judge.ts";
import { clusteredMean } from "../../src/statistics/clustered.ts";
import { SCORES_FILE } from "../../src/statistics/scores.ts";
import type { ActivityDeps } from "../deps.ts";
import type { Table } from "../../src/contract/table.ts";
import type { StepContext } from "../step.ts";

/** The six keys, each a mean with its standard error over scenes. */
const METRICS = ["format_accuracy", "action_accuracy", "transition_accuracy", "task_completion", "steps", "h_prm"];

/** What people read above them. */
const TITLES: Readonly<Record<string, string>> = {
  format_accuracy: "format",
  action_accuracy: "actions",
  transition_accuracy: "transitions",
  task_completion: "tasks done",
  steps: "steps",
  h_prm: "H-PRM",
};

/**
 * Writes what the policies came to: results/evaluation.json, and by type of fault results/faults.json.
 * @returns the same as tables
 */
export async function writeResults(
  { store, root }: ActivityDeps,
  _context: StepContext,
  input: ResultsInput,
): Promise<Table[]> {
  const evaluation: Results = {};
  const faults: Results = {};
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
  return [
    tableOf(evaluation, "plans of the test", (name) => TITLES[name]!),
    tableOf(faults, "what is wrong with them first, share of plans", (name) => name),
  ];
}

/** By policy and metric. */
type Results = Record<string, Record<string, ReturnType<typeof clusteredMean>>>;

const DECIMALS = 3;

function tableOf(results: Results, title: string, titleOf: (name: string) => string): Table {
  const names = Object.keys(Object.values(results)[0] ?? {});
  const rows = Object.entries(results).map(([policy, means]) => ({
    policy,
    ...Object.fromEntries(
      Object.entries(means).map(([name, known]) => [
        name,
        known && `${known.mean.toFixed(DECIMALS)} ± ${known.standard_error.toFixed(DECIMALS)}`,
      ]),
    ),
  }));
  const columns = [
    { name: "policy", title: "policy", kind: "text" } as const,
    ...names.map((name) => ({ name, title: titleOf(name), kind: "text" }) as const),
  ];
  return { title, columns, rows, notes: ["mean ± standard error over scenes"] };
}

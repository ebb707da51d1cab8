import { join } from "node:path";
import { isMissing, namesIn } from "../artifact/disk.ts";
import { readAllJsonLines } from "../artifact/files.ts";
import { type JudgedRow, statusCounts } from "../benchmark/rows.ts";
import type { ScoreRow } from "../contract/measurement.ts";
import type { Reported, Shown } from "../pipeline/pipeline.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { seedFor } from "../seed.ts";
import { scoresOf } from "../statistics/scores.ts";
import { answersSection, type PolicyAnswers } from "./answers-section.ts";
import { type MeasuringRecipe, nameOf } from "./recipe.ts";
import { type CellRows, tabulate } from "./tables.ts";

/** Items of a benchmark are one split. */
const SPLIT = "all";
const RESAMPLES = 2000;

/** What the answers in a run folder come to, of a run that has no result too, and every answer beside the others. */
export async function reportAnswers({ trace, result }: Reported): Promise<Shown> {
  const recipe = trace.recipe as CommonRecipe & MeasuringRecipe;
  const options = { seed: seedFor("report", recipe.seed), resamples: RESAMPLES };
  const cells: CellRows[] = [];
  const answers: PolicyAnswers[] = [];
  for (const policy of await policiesOf(trace.folder, result?.tables[0]?.rows.map((row) => row["policy"]) ?? [])) {
    for (const each of recipe.benchmarks) {
      const benchmark = nameOf(each);
      const judged = await readJudged(join(trace.folder, "answers", policy, `${benchmark}.jsonl`));
      if (judged === null) continue;
      const rows = judged.map(scoreOf);
      const scores = scoresOf(rows, ["accuracy"], SPLIT, options);
      const measured = { benchmark, split: SPLIT, scores, items: judged.length, counts: statusCounts(judged) };
      cells.push({ policy, digest: judged[0]?.policy ?? "", measured, rows });
      answers.push({ policy, benchmark, judged });
    }
  }
  const { tables, accounts } = cells.length === 0 ? { tables: [], accounts: [] } : await tabulate(cells, options);
  return {
    tables,
    accounts,
    sections: answersSection(answers),
    measured: cells.map(({ policy, measured, rows }) => ({ policy, benchmark: measured.benchmark, rows })),
  };
}

/** As the result has them; of a run without one, as they came. */
async function policiesOf(folder: string, told: readonly unknown[]): Promise<string[]> {
  const names = await namesIn(join(folder, "answers"));
  const place = (name: string): number =>
    told.includes(name) ? told.indexOf(name) : name === "base" ? -1 : told.length;
  return names.toSorted((a, b) => place(a) - place(b));
}

async function readJudged(file: string): Promise<JudgedRow[] | null> {
  try {
    return await readAllJsonLines<JudgedRow>(file);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function scoreOf({ id, group, type, status }: JudgedRow): ScoreRow {
  return {
    id,
    group,
    type,
    split: SPLIT,
    scores: { accuracy: status === "quarantined" ? null : Number(status === "right") },
  };
}

import { join } from "node:path";
import { namesIn } from "../artifact/disk.ts";
import { readAllJsonLines, readJson } from "../artifact/files.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import { benchmarkOf } from "../benchmark/index.ts";
import { type JudgedRow, statusCounts } from "../benchmark/rows.ts";
import type { RunResult } from "../contract/progress.ts";
import { readIfThere } from "../run/trace.ts";
import type { Check } from "../pipeline/pipeline.ts";
import { type BenchmarkBlock, type MeasuringRecipe, nameOf } from "./recipe.ts";

/** A benchmark as its answers are judged. */
export type AnsweredBenchmark = Pick<BenchmarkBlock, "name" | "benchmark" | "settings">;

/**
 * Judges every answer of a run again, and compares the counts with the accounts of the result.
 * @param folder absolute path of the run folder
 * @param asked the benchmarks; those of its recipe when absent
 */
export async function* verifyAnswers(
  _store: ArtifactStore,
  folder: string,
  asked?: readonly AnsweredBenchmark[],
): AsyncGenerator<Check> {
  const benchmarks =
    asked ?? (await readJson<Pick<MeasuringRecipe, "benchmarks">>(join(folder, "config.json"))).benchmarks;
  const result = await readIfThere<RunResult>(join(folder, "final_status.json"));
  const accounts = new Map(result?.accounts.map((each) => [each.of, each]));
  for (const policy of await namesIn(join(folder, "answers"))) {
    for (const each of benchmarks) {
      const name = nameOf(each);
      const file = join(folder, "answers", policy, `${name}.jsonl`);
      const what = `answers of ${policy} to ${name}`;
      const rows = await readAllJsonLines<JudgedRow>(file);
      const wrong = rows.find((row) => judgedOtherwise(row, each));
      if (wrong) {
        yield {
          what,
          problem: `question "${wrong.id}" was judged ${wrong.status}, which its answer does not bear out`,
        };
        continue;
      }
      const account = accounts.get(`question of ${name} to ${policy}`);
      const counted = JSON.stringify(statusCounts(rows));
      const told = account === undefined ? counted : JSON.stringify(account.parts);
      yield counted === told ? { what } : { what, problem: `the result tells ${told}, the answers say ${counted}` };
    }
  }
}

function judgedOtherwise(row: JudgedRow, { benchmark, settings }: AnsweredBenchmark): boolean {
  if (row.text === null) return row.status !== "quarantined";
  const { judge, settings: schema } = benchmarkOf(benchmark);
  const item = { id: row.id, images: [], question: "", answer: row.truth, question_type: row.type, scene: row.group };
  const { said, correct } = judge(item, row.text, schema.parse(settings));
  return said !== row.said || correct !== (row.status === "right");
}

import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import type { SnowballRun } from "../../src/pipeline/snowball/contract/plan.ts";
import type { Floors } from "../../src/pipeline/snowball/contract/rows.ts";
import { floors, viewTable } from "../../src/pipeline/snowball/evaluation/floors.ts";
import { scoreRows, summarise } from "../../src/pipeline/snowball/evaluation/summary.ts";
import { readRun, type RunFiles } from "../../src/pipeline/snowball/files.ts";
import type { AnswerRow } from "../../src/preference/rows.ts";
import { seedFor } from "../../src/seed.ts";
import { SCORES_FILE } from "../../src/statistics/scores.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of a summary changes. */
const RESULT_VERSION = 2;

/**
 * What a policy's answers come to: evaluation.jsonl with a row per question, evaluation.json with val and test apart,
 * and scores.jsonl, which the gate compares. The report shows test; only the gate looks at val.
 */
export async function summariseAnswers(
  deps: ActivityDeps,
  _context: StepContext,
  run: SnowballRun,
  answers: ArtifactRef,
): Promise<Measurement> {
  const files = await readRun(deps.store, run);
  const options = resampling(files);
  const ref = await summarised(deps, files, answers, async (folder, rows) => {
    const { val, test } = bySplit(files, rows);
    await writeJsonLines(join(folder, SCORES_FILE), [...scoreRows(test, "test"), ...scoreRows(val, "val")]);
    await writeJson(join(folder, "evaluation.json"), {
      test: summarise(test, options),
      val: summarise(val, options),
    });
  });
  const summary = await readJson<{ test: ReturnType<typeof summarise> }>(
    join(await deps.store.open(ref), "evaluation.json"),
  );
  const { score, status } = summary.test;
  const { accuracy, useful, questions: items } = score;
  return { benchmark: "views", split: "test", scores: { accuracy, useful }, items, counts: status, rows: ref };
}

/** What the arms reach that no policy touches, on the test questions. */
export async function summariseReference(
  deps: ActivityDeps,
  _context: StepContext,
  run: SnowballRun,
  answers: ArtifactRef,
): Promise<Floors> {
  const files = await readRun(deps.store, run);
  const ref = await summarised(
    deps,
    files,
    answers,
    async (folder, rows) => {
      const { test } = bySplit(files, rows);
      await writeJson(join(folder, "evaluation.json"), { floors: floors(test), views: viewTable(test) });
    },
    { reference: true },
  );
  return (await readJson<{ floors: Floors }>(join(await deps.store.open(ref), "evaluation.json"))).floors;
}

async function summarised(
  deps: ActivityDeps,
  files: RunFiles,
  answers: ArtifactRef,
  write: (folder: string, rows: AnswerRow[]) => Promise<void>,
  { reference = false } = {},
): Promise<ArtifactRef> {
  const { val, test } = files.shards.held_out;
  const recipeOf = {
    step: "evaluate",
    version: RESULT_VERSION,
    params: { ...resampling(files), val, test, reference },
    inputs: [answers.sha256],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const rows = await readAllJsonLines<AnswerRow>(join(await deps.store.open(answers), "rows.jsonl"));
    await writeJsonLines(join(folder, "evaluation.jsonl"), rows);
    await write(folder, rows);
    return { rows: rows.length };
  });
  return ref;
}

function resampling({ recipe: { seed, evaluation } }: RunFiles) {
  return { seed: seedFor("bootstrap", seed), resamples: evaluation.bootstrap_resamples };
}

function bySplit({ shards }: RunFiles, rows: readonly AnswerRow[]): Record<"val" | "test", AnswerRow[]> {
  const of = (ids: readonly string[]): AnswerRow[] => {
    const wanted = new Set(ids);
    return rows.filter((row) => wanted.has(row.question_id));
  };
  return { val: of(shards.held_out.val), test: of(shards.held_out.test) };
}

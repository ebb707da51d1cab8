import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { RunRef } from "../../src/contract/run.ts";
import type { EvaluationSummary, Gated, GateInput } from "../../src/contract/steps.ts";
import { correctness } from "../../src/pipeline/snowball/evaluation/arms.ts";
import { pairedBootstrap } from "../../src/statistics/bootstrap.ts";
import { floors, viewTable } from "../../src/pipeline/snowball/evaluation/floors.ts";
import { decideGate } from "../../src/statistics/gate.ts";
import { summarise } from "../../src/pipeline/snowball/evaluation/summary.ts";
import type { AnswerRow } from "../../src/preference/rows.ts";
import { seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { readRun } from "../../src/pipeline/snowball/files.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of a summary changes. */
const RESULT_VERSION = 1;

/**
 * What a policy (or, without one, the reference arms) reached: evaluation.jsonl with a row per question, and
 * evaluation.json with val and test apart. The report shows test; only the gate looks at val.
 */
export async function summariseAnswers(
  deps: ActivityDeps,
  _context: StepContext,
  run: RunRef,
  answers: ArtifactRef,
  policy: PolicyRef | null,
): Promise<EvaluationSummary> {
  const files = await readRun(deps.store, run);
  const { val, test } = files.shards.held_out;
  const { seed, evaluation } = files.recipe;
  const options = { seed: seedFor("bootstrap", seed), resamples: evaluation.bootstrap_resamples };
  const recipeOf = {
    step: "evaluate",
    version: RESULT_VERSION,
    params: { ...options, val, test, reference: policy === null },
    inputs: [answers.sha256],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const rows = await readAllJsonLines<AnswerRow>(join(await deps.store.open(answers), "judged.jsonl"));
    const of = (ids: readonly string[]): AnswerRow[] => {
      const wanted = new Set(ids);
      return rows.filter((row) => wanted.has(row.question_id));
    };
    await writeJsonLines(join(folder, "evaluation.jsonl"), rows);
    await writeJson(
      join(folder, "evaluation.json"),
      policy === null
        ? { floors: floors(of(test)), views: viewTable(of(test)) }
        : { test: summarise(of(test), options), val: summarise(of(val), options) },
    );
    return { rows: rows.length };
  });
  const folder = await deps.store.open(ref);
  const summary = await readJson<{
    test?: ReturnType<typeof summarise>;
    floors?: ReturnType<typeof floors>;
  }>(join(folder, "evaluation.json"));
  return {
    evaluation: ref,
    score: summary.test?.score ?? { accuracy: null, useful: null, questions: 0 },
    floors: summary.floors ?? null,
  };
}

/** Compares two policies on the same val questions and decides which one the next shard is sampled from. */
export async function gatePolicy(deps: ActivityDeps, _context: StepContext, input: GateInput): Promise<Gated> {
  const files = await readRun(deps.store, input.run);
  const val = new Set(files.shards.held_out.val);
  const [from, to] = await Promise.all(
    [input.from, input.to].map(async (ref) => {
      const rows = await readAllJsonLines<AnswerRow>(join(await deps.store.open(ref), "evaluation.jsonl"));
      return correctness(rows.filter((row) => val.has(row.question_id)));
    }),
  );
  const { seed, evaluation, loop } = files.recipe;
  const options = { seed: seedFor("gate", seed), resamples: evaluation.bootstrap_resamples };
  return decideGate(loop.gate, pairedBootstrap(from!, to!, options));
}

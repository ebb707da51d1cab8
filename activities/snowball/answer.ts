import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { ScoreInput } from "../../src/pipeline/snowball/contract/steps.ts";
import { isCorrect } from "../../src/benchmark/letters.ts";
import type { CallOptions } from "../../src/model/vlm/backend.ts";
import type { AnswerRow } from "../../src/preference/rows.ts";
import type { LetterReaderName } from "../../src/benchmark/letter-readers.ts";
import { planFormatParams } from "../../src/pipeline/snowball/recipe/prompt.ts";
import { createAsker } from "./asker.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import { givenOf } from "./given.ts";
import { fittedBatches } from "../fitted.ts";
import { answererParams, answererSpec } from "./model-specs.ts";
import { REFERENCE_POLICY, referenceArms } from "./reference.ts";
import { chunkQuestions, readRun, type RunFiles } from "../../src/pipeline/snowball/files.ts";
import { type Sample, samplesOf } from "./samples.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of an answer row changes. */
const RESULT_VERSION = 1;

/**
 * The evaluator answers held-out questions with the views that a policy (or a reference arm) chose.
 * A policy failure is answered from the given image alone, as it would be in use, so that accuracy measures sight and
 * the format is reported apart. A view that could not be made is quarantined: it says nothing of the policy.
 */
export async function answerChunk(deps: ActivityDeps, context: StepContext, input: ScoreInput): Promise<ArtifactRef> {
  const files = await readRun(deps.store, input.run);
  const evaluator = files.recipe.evaluator;
  const chunk = chunkQuestions(files, input.list, input.chunk);
  const recipeOf = {
    step: "answer",
    version: RESULT_VERSION,
    params: answerParams(files),
    inputs: [chunk.digest, input.rollouts.sha256, input.views.sha256],
  };
  const given = givenOf(
    files,
    chunk.asked.flatMap((each) => each.images),
    ["evaluator"],
  );
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
    const samples = await samplesOf(deps, files, chunk, input);
    const fitted = fittedBatches();
    const options: CallOptions = {
      signal: context.signal,
      onProgress: (done, total) => context.report({ doing: "answer", done, total }),
      onSmallerBatch: fitted.note,
    };
    const onWaiting = (): void => context.report({ doing: "waiting for a device" });
    const by = { run: input.run.name, as: "evaluator" } as const;
    const answerable = samples.filter((sample) => sample.fault === undefined);
    const answers = await deps.models.withVlm(
      "score",
      answererSpec(deps, files, "evaluator"),
      { ...options, onWaiting, onLoaded: unchanged, by },
      (vlm) =>
        createAsker(vlm, files, evaluator.max_new_tokens, options).ownAnswers(
          answerable.map((sample) => ({ question: sample.question, images: [...sample.given, ...sample.viewPaths] })),
        ),
    );
    const said = new Map(answerable.map((sample, place) => [sample, answers[place]!.text]));
    const rows = samples.map((sample) => answerRow(files, sample, said.get(sample)));
    rows.push(...poisonedRows(chunk));
    await writeJsonLines(join(folder, "answers.jsonl"), rows);
    return { rows: rows.length, ...fitted.notes() };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return ref;
}

/** What determines a chunk's answers and whether they are right, beside its samples. */
export function answerParams(files: Pick<RunFiles, "recipe" | "texts" | "models">) {
  return {
    ...answererParams(files, "evaluator"),
    arms: referenceArms(files.recipe).map((arm) => arm.name),
    reader: readerOf(files),
    ...planFormatParams(files.recipe),
  };
}

function answerRow(files: RunFiles, sample: Sample, said: string | undefined): AnswerRow {
  const { question, row, plan, fault } = sample;
  const arm = row.policy === REFERENCE_POLICY ? referenceArms(files.recipe)[row.rollout]!.name : "policy";
  const base = {
    question_id: question.id,
    scene: question.scene,
    question_type: question.question_type,
    policy: row.policy,
    arm,
    rollout: row.rollout,
    instructions: plan.kind === "instructions" ? plan.instructions : [],
    useful: sample.useful,
  };
  if (fault) return { ...base, answer: "", correct: null, useful: null, status: "quarantined", reason: fault.reason };
  const answer = said ?? "";
  const correct = question.answer === undefined ? null : isCorrect(answer, question.answer, readerOf(files));
  if (plan.kind === "policy_failure") return { ...base, answer, correct, status: plan.kind, reason: plan.reason };
  return { ...base, answer, correct, status: plan.kind === "empty" ? "empty" : "view" };
}

function readerOf({ recipe }: Pick<RunFiles, "recipe">): LetterReaderName {
  return recipe.evaluation.reader ?? "strict";
}

function poisonedRows(chunk: ReturnType<typeof chunkQuestions>): AnswerRow[] {
  return chunk.poisoned.map(({ question, reason }) => ({
    question_id: question.id,
    scene: question.scene,
    question_type: question.question_type,
    policy: "",
    arm: "policy",
    rollout: 0,
    instructions: [],
    answer: "",
    correct: null,
    useful: null,
    status: "quarantined",
    reason,
  }));
}

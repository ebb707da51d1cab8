import { join } from "node:path";
import { determining } from "../src/artifact/determining.ts";
import { writeJsonLines } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { ScoreInput, ScoreSteps } from "../src/contract/steps.ts";
import type { CallOptions } from "../src/model/vlm/backend.ts";
import type { LabeledRow, RolloutRow } from "../src/preference/rows.ts";
import { emptyPlan, policyFailure, type Scored } from "../src/preference/scores.ts";
import { NOT_OF_SCORES } from "../src/recipe/key-params.ts";
import { ASKS_WITH, WEIGHTS } from "../src/recipe/parts/scoring.ts";
import { type Answerer, createAsker } from "./asker.ts";
import { answerChunk } from "./answer.ts";
import type { ActivityDeps } from "./deps.ts";
import { fittedBatches } from "./fitted.ts";
import { measure } from "./measure.ts";
import { answererParams, answererSpec } from "./model-specs.ts";
import { chunkQuestions, readRunAt, type RunFiles } from "../src/run/files.ts";
import { type Sample, samplesOf } from "./samples.ts";
import { asActivity, type StepContext } from "./step.ts";

/** Raise when the meaning of a score changes. */
const RESULT_VERSION = 1;

/** The critic scores what the views of a sample are worth; the evaluator answers held-out questions. */
export function createScoreActivities(deps: ActivityDeps): ScoreSteps {
  return {
    scoreChunk: asActivity(deps, scoreChunk),
    answerChunk: asActivity(deps, answerChunk),
  };
}

async function scoreChunk(deps: ActivityDeps, context: StepContext, input: ScoreInput): Promise<ArtifactRef> {
  const files = await readRunAt(deps.store, input.run, input.chunk.shard);
  const critic = files.recipe.critic;
  const chunk = chunkQuestions(files, input.chunk);
  const recipeOf = {
    step: "score",
    version: RESULT_VERSION,
    params: scoreParams(files),
    inputs: [chunk.digest, input.rollouts.sha256, input.views.sha256],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const samples = await samplesOf(deps, files, chunk, input);
    const fitted = fittedBatches();
    const options: CallOptions = {
      signal: context.signal,
      onProgress: (done, total) => context.report({ doing: "score", done, total }),
      onSmallerBatch: fitted.note,
    };
    const onWaiting = (): void => context.report({ doing: "waiting for a device" });
    const by = { run: input.run.name, as: "critic" } as const;
    const spec = answererSpec(deps, files, "critic");
    const scored = await deps.models.withVlm("score", spec, { ...options, onWaiting, by }, (vlm) =>
      scoreSamples(files, samples, createAsker(vlm, files, critic.max_new_tokens, options)),
    );
    const rows = [
      ...samples.map((sample, place) => label(files, sample, scored[place]!)),
      ...quarantined(files, chunk),
    ];
    await writeJsonLines(join(folder, "labeled.jsonl"), rows);
    return { rows: rows.length, ...fitted.notes() };
  });
  return ref;
}

/** What determines a chunk's scores, beside its samples: of weights and prompts, only what the method uses. */
export function scoreParams(files: Pick<RunFiles, "recipe" | "texts" | "models">) {
  const { scoring, executor } = files.recipe;
  const asked = ASKS_WITH[scoring.method];
  const { weights, ...scores } = determining(scoring, NOT_OF_SCORES);
  return {
    ...answererParams(files, "critic"),
    ...scores,
    on_generation_failure: executor.on_generation_failure,
    ...(scoring.method === "both" && { weights: weights ?? WEIGHTS }),
    ...(asked.length > 0 && { texts: asked.map((field) => files.texts[field]) }),
  };
}

/** A score per sample, in the samples' order. */
async function scoreSamples(files: RunFiles, samples: readonly Sample[], ask: Answerer): Promise<Scored[]> {
  const seen = samples.filter((sample) => sample.plan.kind === "instructions" && sample.fault === undefined);
  const scores = await measure(ask, seen, files.recipe.scoring);
  const measured = new Map(seen.map((sample, place) => [sample, scores[place]!]));
  return samples.map((sample) => measured.get(sample) ?? unseen(files, sample));
}

/** What needs no critic: unparseable, empty, or without all of its views. */
function unseen(files: RunFiles, sample: Sample): Scored {
  if (sample.plan.kind === "policy_failure") return policyFailure();
  if (sample.plan.kind === "empty") return emptyPlan(files.recipe.scoring.empty);
  if (sample.fault?.refused && files.recipe.executor.on_generation_failure === "negative") return policyFailure();
  return { score: null, reason: sample.fault?.reason ?? "a view is missing" };
}

function label(files: RunFiles, sample: Sample, scored: Scored): LabeledRow {
  const { row, plan } = sample;
  const base = { ...row, instructions: plan.kind === "instructions" ? plan.instructions : [], views: sample.views };
  if (scored.score === null) {
    const dropped = plan.kind === "empty";
    return { ...base, status: dropped ? "empty" : "quarantined", score: null, components: {}, reason: scored.reason };
  }
  const failed = plan.kind === "policy_failure" || "policy_failure" in scored.components;
  const status = failed ? "policy_failure" : plan.kind === "empty" ? "empty" : "view";
  const reason = plan.kind === "policy_failure" ? plan.reason : undefined;
  return { ...base, status, score: scored.score, components: scored.components, ...(reason && { reason }) };
}

/** Samples of questions that crash a model alone: accounted for, never scored. */
function quarantined(files: RunFiles, chunk: ReturnType<typeof chunkQuestions>): LabeledRow[] {
  const { num_rollouts, ...planner } = files.recipe.planner;
  const { temperature, top_p, top_k, min_p, repetition_penalty, max_new_tokens } = planner;
  return chunk.poisoned.flatMap(({ question, reason }) =>
    Array.from({ length: num_rollouts }, (_, rollout): LabeledRow => {
      const blank: RolloutRow = {
        question_id: question.id,
        rollout,
        text: "",
        finish: "stop",
        tokens: 0,
        mean_logprob: 0,
        retokenized_equal: true,
        prompt_digest: "",
        seed: "",
        policy: "",
        sampling: { temperature, top_p, top_k, min_p, repetition_penalty, max_new_tokens },
      };
      return { ...blank, instructions: [], views: [], status: "quarantined", score: null, components: {}, reason };
    }),
  );
}

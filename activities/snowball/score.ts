import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { ScoreInput } from "../../src/pipeline/snowball/contract/steps.ts";
import type { CallOptions } from "../../src/model/vlm/backend.ts";
import type { LabeledRow, RolloutRow } from "../../src/preference/rows.ts";
import { emptyPlan, policyFailure, type Scored } from "../../src/preference/scores.ts";
import { ASKS_WITH, WEIGHTS } from "../../src/pipeline/snowball/recipe/scoring.ts";
import { planFormatParams } from "../../src/pipeline/snowball/recipe/prompt.ts";
import { determining } from "../../src/determining.ts";
import { NOT_OF_SCORES } from "../../src/pipeline/snowball/keys.ts";
import { type Answerer, createAsker } from "./asker.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import { givenOf } from "./given.ts";
import { fittedBatches } from "../fitted.ts";
import { measure } from "./measure.ts";
import { answererParams, answererSpec } from "./model-specs.ts";
import { chunkQuestions, readRunAt, type RunFiles } from "../../src/pipeline/snowball/files.ts";
import { type Sample, samplesOf } from "./samples.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of a score changes. */
const RESULT_VERSION = 1;

/** Raise when a reply to a question for a number is read as another one. */
const READING_VERSION = 2;

/** The critic scores what the views of a sample are worth. */
export async function scoreChunk(deps: ActivityDeps, context: StepContext, input: ScoreInput): Promise<ArtifactRef> {
  const files = await readRunAt(deps.store, input.run, input.list.shard);
  const critic = files.recipe.critic;
  const chunk = chunkQuestions(files, input.list, input.chunk);
  const recipeOf = {
    step: "score",
    version: RESULT_VERSION,
    params: scoreParams(files),
    inputs: [chunk.digest, input.rollouts.sha256, input.views.sha256],
  };
  const given = givenOf(
    files,
    chunk.asked.flatMap((each) => each.images),
    ["critic"],
  );
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
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
    const waiting = { ...options, onWaiting, onLoaded: unchanged, by };
    const scored = await deps.models.withVlm("score", spec, waiting, (vlm) =>
      scoreSamples(files, samples, createAsker(vlm, files, critic.max_new_tokens, options)),
    );
    const rows = [
      ...samples.map((sample, place) => label(files, sample, scored[place]!)),
      ...quarantined(files, chunk),
    ];
    await writeJsonLines(join(folder, "labeled.jsonl"), rows);
    return { rows: rows.length, ...fitted.notes() };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
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
    ...planFormatParams(files.recipe),
    ...(scoring.method === "both" && { weights: weights ?? WEIGHTS }),
    ...(asked.length > 0 && { texts: asked.map((field) => files.texts[field]), reading: READING_VERSION }),
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
  const base = {
    ...row,
    instructions: plan.kind === "instructions" ? plan.instructions : [],
    views: sample.views,
    ...(plan.kind !== "policy_failure" && plan.lenient && { lenient: true as const }),
  };
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

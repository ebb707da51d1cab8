import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import type { PolicyScore } from "../../src/pipeline/snowball/contract/rows.ts";
import type { RolloutSource, SnowballSteps } from "../../src/pipeline/snowball/contract/steps.ts";
import { inChild } from "../stages/fan-out.ts";
import { controlSteps } from "../stages/steps.ts";
import { together } from "../stages/window.ts";
import { labelQuestions } from "./label.ts";
import { atRound, type Loop, showTable, titleOf } from "./loop.ts";
import { type Candidate, mergePolicy, served } from "./train.ts";

/** Measures the base policy and the arms that no policy touches, so that every later number has a floor. */
export async function measureBase(loop: Loop): Promise<void> {
  const { plan, run } = loop;
  if (plan.own.evaluates) {
    atRound(loop, -1, "evaluate", MEASURING);
    const [reference, base] = await together(
      () => answers(loop, { id: "reference", title: "reference views", source: "reference" }),
      () => answers(loop, { id: "base", title: "base policy", source: "greedy" }),
    );
    const { summariseReference, summariseAnswers } = controlSteps<SnowballSteps>(plan.limits);
    loop.floors = await summariseReference.executeWithOptions({ summary: "evaluate · reference views" }, [
      run,
      reference,
    ]);
    loop.measured = await summariseAnswers.executeWithOptions({ summary: "evaluate · base policy" }, [run, base]);
  }
  const row = { iteration: -1, pairs: 0, weak: 0, gap: null, loss: null, decision: null } as const;
  loop.rows = [{ ...row, score: scoreOf(loop.measured), policy: plan.digest }];
  showTable(loop);
}

/** The candidate as one checkpoint, and what it is worth: both at once, unless it is that checkpoint that is served. */
export async function mergeAndMeasure(
  loop: Loop,
  shard: number,
  candidate: Candidate | null,
): Promise<[ArtifactRef | null, Measurement | null]> {
  if (loop.plan.own.policies !== "merged") {
    return together(
      () => mergePolicy(loop, shard, candidate), // and canary
      () => evaluatePolicy(loop, shard, candidate, null),
    );
  }
  const merged = await mergePolicy(loop, shard, candidate);
  return [merged, await evaluatePolicy(loop, shard, candidate, merged)];
}

/** The candidate's greedy answers on the held-out questions; null when there is nothing to measure. */
async function evaluatePolicy(
  loop: Loop,
  shard: number,
  candidate: Candidate | null,
  merged: ArtifactRef | null,
): Promise<Measurement | null> {
  const { plan, run } = loop;
  if (candidate === null || !plan.own.evaluates) return null;
  atRound(loop, shard, "evaluate", MEASURING);
  const title = titleOf(loop, shard);
  const policy = served(loop, candidate.trained, merged);
  const answered = await answers(loop, { id: String(shard), title: `policy of ${title}`, source: "greedy", policy });
  const { summariseAnswers } = controlSteps<SnowballSteps>(plan.limits);
  return summariseAnswers.executeWithOptions({ summary: `evaluate · ${title}` }, [run, answered]);
}

const MEASURING = "measuring on the held-out questions";

/** A measurement as a row of the table of iterations shows it. */
export function scoreOf(measured: Measurement | null): PolicyScore | null {
  if (measured === null) return null;
  const { scores, items } = measured;
  return { accuracy: scores["accuracy"] ?? null, useful: scores["useful"] ?? null, questions: items };
}

interface Pass {
  readonly id: string;
  readonly title: string;
  readonly source: Exclude<RolloutSource, "sampled">;
  readonly policy?: PolicyRef;
}

function answers(loop: Loop, { id, title, source, policy }: Pass): Promise<ArtifactRef> {
  const { plan, run, board } = loop;
  const { heldOut, chunk, schedule, referenceViews } = plan.own;
  const child = `${run.name}/eval-${id}`;
  const reference = source === "reference";
  const input = {
    run,
    limits: plan.limits,
    list: { set: "held_out", shard: -1 } as const,
    // The gate needs val too, but only the report shows the reference arms.
    questions: reference ? heldOut.test : heldOut.test + heldOut.val,
    perChunk: chunk.questions,
    window: chunk.window,
    schedule,
    source,
    completions: reference ? referenceViews : 1,
    policy: policy ?? plan.policy,
    title: `evaluate ${title}`,
  };
  return board.following(child, () => inChild(labelQuestions, child, input));
}

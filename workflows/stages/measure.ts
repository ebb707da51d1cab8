import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { AnswerSteps, AskedBenchmark, MeasureSteps, Serving } from "../../src/contract/benchmark.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import type { RunRef, StepLimits } from "../../src/contract/run.ts";
import { type Carried, fanOut, inChild } from "./fan-out.ts";
import type { Opened } from "./open.ts";
import { controlSteps, roleSteps } from "./steps.ts";

/** How answers are asked for: in chunks, by whom, with how many resamples behind an interval. */
export interface Measuring {
  readonly serving: Serving;
  readonly perChunk: number;
  readonly window: number;
  readonly resamples: number;
}

/** A policy and a benchmark that it is asked. */
export interface Pass extends Measuring {
  /** What people call it: "base · mmsi". */
  readonly title: string;
  /** Ends the child's workflow id. */
  readonly id: string;
  readonly policy: PolicyRef;
  readonly asked: AskedBenchmark;
}

/** Asks a policy a benchmark: a child answers its items, chunk by chunk, and a step says what they come to. */
export async function measure({ plan, board }: Opened<unknown>, pass: Pass): Promise<Measurement> {
  const { run, limits } = plan;
  const { id, title, asked, resamples } = pass;
  const child = `${run.name}/${id}`;
  const answers = await board.following(child, () => inChild(answerBenchmark, child, { run, limits, ...pass }));
  const { measureAnswers } = controlSteps<MeasureSteps>(limits);
  return measureAnswers.executeWithOptions({ summary: `measure · ${title}` }, [{ run, asked, answers, resamples }]);
}

interface AnswerAll extends Carried, Pass {
  readonly run: RunRef;
  readonly limits: StepLimits;
}

/** Answers every item of a benchmark by one policy: the child workflow of a pass. */
export function answerBenchmark(input: AnswerAll): Promise<ArtifactRef> {
  const { run, limits, title, policy, asked, serving, perChunk, window } = input;
  const { answerItems } = roleSteps<AnswerSteps>("rollout", limits);
  const rows = { link: "answer", file: "answers.jsonl" };
  const how = { run, limits, title, items: asked.count, perChunk, window, of: "question", rows };
  return fanOut(input, { ...how, schedule: "stream" }, [
    {
      name: "answer",
      unitsPerItem: 1,
      step: (chunk, _, summary) =>
        answerItems.executeWithOptions({ summary }, [{ run, asked, policy, serving, chunk }]),
    },
  ]);
}

import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type {
  AnswerSteps,
  AskedBenchmark,
  Asking,
  Draws,
  MeasureSteps,
  Serving,
} from "../../src/contract/benchmark.ts";
import type { MeasuredPolicy, Measurement, Tabulated } from "../../src/contract/measurement.ts";
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

/** A policy under the name that its row of the table has. */
export interface Asked {
  readonly name: string;
  readonly policy: PolicyRef;
  readonly digest: string;
}

/** Asks a policy every benchmark. Benchmarks of the same questions find their answers made. */
export async function measureAll(
  run: Opened<{ readonly asking: Asking }>,
  { name, policy, digest }: Asked,
): Promise<MeasuredPolicy[]> {
  const { benchmarks, serving, chunk, resamples } = run.plan.own.asking;
  const cells: MeasuredPolicy[] = [];
  for (const asked of benchmarks) {
    const pass = { title: `${name} · ${asked.name}`, id: `${name}/${asked.name}`, policy, asked };
    const how = { serving, perChunk: chunk.questions, window: chunk.window, resamples };
    cells.push({ policy: name, digest, measured: await measure(run, { ...pass, ...how }) });
  }
  return cells;
}

/** Shows what is measured so far: policies × benchmarks, the first policy being what the others are compared with. */
export async function putBeside(
  { plan }: Opened<{ readonly asking: Asking }>,
  cells: readonly MeasuredPolicy[],
): Promise<Tabulated> {
  const { resamples, maxQuarantinedShare, seed } = plan.own.asking;
  const { tabulate } = controlSteps<MeasureSteps>(plan.limits);
  const input = { folder: plan.folder, cells, resamples, maxQuarantinedShare, seed };
  return tabulate.executeWithOptions({ summary: "put the policies beside each other" }, [input]);
}

/** A pass without its end: what is asked, and by how many answers to each item. */
export interface AnswerAll extends Carried, Omit<Pass, "resamples"> {
  readonly run: RunRef;
  readonly limits: StepLimits;
  /** One greedy answer to each item when absent. */
  readonly draws?: Draws;
}

/** Answers every item of a benchmark by one policy: the child workflow of a pass. */
export function answerBenchmark(input: AnswerAll): Promise<ArtifactRef> {
  const { run, limits, title, policy, asked, serving, draws, perChunk, window } = input;
  const { answerItems } = roleSteps<AnswerSteps>("rollout", limits);
  const rows = { link: "answer", file: "answers.jsonl" };
  const how = { run, limits, title, items: asked.count, perChunk, window, of: "question", rows };
  return fanOut(input, { ...how, schedule: "stream" }, [
    {
      name: "answer",
      unitsPerItem: draws?.count ?? 1,
      step: (chunk, _, summary) =>
        answerItems.executeWithOptions({ summary }, [{ run, asked, policy, serving, ...(draws && { draws }), chunk }]),
    },
  ]);
}

import type { ArtifactRef, PolicyRef } from "./artifact.ts";
import type { Chunk } from "./chunk.ts";
import type { Measurement, TabulateInput, Tabulated } from "./measurement.ts";
import type { RunRef } from "./run.ts";
import type { ServerBlock } from "./server.ts";
import type { VllmLimits } from "./vllm.ts";

/** A benchmark over somebody's data, as a run asks it. */
export interface AskedBenchmark {
  /** What people call it; names files. */
  readonly name: string;
  /** A file of src/benchmark. */
  readonly benchmark: string;
  /** The benchmark's own, parsed by its schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Artifact with items.jsonl. */
  readonly items: ArtifactRef;
  readonly count: number;
  /** Where the items' image names start, relative to the worker's root. */
  readonly images: string;
}

/** How a policy is served while it answers. */
export interface Serving {
  readonly backend: "transformers" | "vllm" | "openai" | "simulated";
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
  readonly vllm?: Partial<VllmLimits> | undefined;
  readonly server?: ServerBlock | undefined;
  readonly max_new_tokens: number;
  readonly micro_batch: number;
}

/** What every policy of a run is asked, and how. */
export interface Asking {
  readonly benchmarks: readonly AskedBenchmark[];
  readonly serving: Serving;
  readonly chunk: { readonly questions: number; readonly window: number };
  /** Resamples behind every interval. */
  readonly resamples: number;
  /** Share of a benchmark's answers that may be lost to the machine. */
  readonly maxQuarantinedShare: number;
  readonly seed: number;
}

/** Several sampled answers to each item, where one greedy answer is not what is wanted. */
export interface Draws {
  readonly sampling: {
    readonly temperature: number;
    readonly top_p: number;
    readonly top_k: number;
    readonly min_p: number;
    readonly repetition_penalty: number;
  };
  /** The numbers of the answers: each has noise of its own, so that more can be asked for later. */
  readonly from: number;
  readonly count: number;
  readonly seed: number;
}

export interface AnswerInput {
  readonly run: RunRef;
  readonly asked: AskedBenchmark;
  readonly policy: PolicyRef;
  readonly serving: Serving;
  /** One greedy answer to each item when absent. */
  readonly draws?: Draws;
  readonly chunk: Chunk;
}

export interface MeasureInput {
  readonly run: RunRef;
  readonly asked: AskedBenchmark;
  /** Index artifact of all answers. */
  readonly answers: ArtifactRef;
  /** Resamples behind every interval. */
  readonly resamples: number;
}

/** Steps that ask a policy a benchmark, on the device that samples. */
export interface AnswerSteps {
  answerItems(input: AnswerInput): Promise<ArtifactRef>;
}

/** Steps that say what the answers come to. */
export interface MeasureSteps {
  measureAnswers(input: MeasureInput): Promise<Measurement>;
  /** Puts what was measured so far beside each other, and shows the answers in the run folder. */
  tabulate(input: TabulateInput): Promise<Tabulated>;
}

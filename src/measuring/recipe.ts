import { z } from "zod";
import { BENCHMARKS, type BenchmarkName } from "../benchmark/index.ts";
import { ROW_FORMATS } from "../dataset/row.ts";
import { DATA_SETS, type DataSetName } from "../dataset/sets/index.ts";
import { source } from "../recipe/parts/data.ts";
import { attention, dtype, label, pixelLimits, resamples, share } from "../recipe/parts/fields.ts";
import { server } from "../recipe/parts/server.ts";
import { vllmPolicies } from "../recipe/parts/vllm.ts";

/** Tokens: a letter and a sentence; models that think first need some thousands. */
const MAX_NEW_TOKENS = 256;
/** Answers at once; where the device is too small for them, they are halved by themselves. */
const MICRO_BATCH = 16;

/** Data sets of the field that have items of a benchmark. */
export const ITEM_SETS = (Object.keys(DATA_SETS) as DataSetName[]).filter((name) => "item" in DATA_SETS[name].as);

/** Questions, as they are or in the rows of a data set of the field. */
export const questions = source
  .extend({
    format: z
      .enum([...ROW_FORMATS, ...ITEM_SETS])
      .default("auto")
      .describe(
        "Where a row names its images: mmsi in `images` or `local_images`, plain in `image`, auto in whichever there is; or the data set whose rows they are, docs/benchmarks.md",
      ),
  })
  .describe("Where the questions come from");

const benchmark = z
  .strictObject({
    name: label.optional().describe("What the table calls it; the benchmark's name when absent"),
    benchmark: z.enum(Object.keys(BENCHMARKS) as BenchmarkName[]).describe("How it is asked and judged"),
    data: questions,
    max_questions: z.int().min(1).optional().describe("Ask at most this many, chosen by the seed"),
    settings: z.record(z.string(), z.json()).default({}).describe("The benchmark's own settings; docs/benchmarks.md"),
  })
  .describe("One benchmark over one file of questions");

const answering = z
  .strictObject({
    backend: z.enum(["transformers", "vllm", "openai", "simulated"]).describe("Who serves the policies"),
    dtype: dtype.describe("The dtype in which they are served"),
    attn_implementation: attention.describe("The attention kernel"),
    ...pixelLimits,
    vllm: vllmPolicies,
    server,
    max_new_tokens: z
      .int()
      .min(1)
      .default(MAX_NEW_TOKENS)
      .describe("Longest answer; what is cut there is judged as it is"),
    micro_batch: z.int().min(1).default(MICRO_BATCH).describe("Answers at once; halved where a GPU is too small"),
  })
  .describe("How policies answer: greedily, all of them alike");

/** What a recipe that asks policies benchmarks says of it. */
export const measuring = {
  benchmarks: z.array(benchmark).min(1).describe("What every policy is asked"),
  answering,
  bootstrap_resamples: resamples,
  max_quarantined_share: share
    .default(0.1)
    .describe("The run stops when more of a benchmark's answers are lost to the machine"),
};

/** The parsed blocks. */
export type MeasuringRecipe = z.output<z.ZodObject<typeof measuring>>;
export type BenchmarkBlock = MeasuringRecipe["benchmarks"][number];

/** How the policies of a recipe are served, as its room says it of every model. */
export function howServed({ answering }: Pick<MeasuringRecipe, "answering">) {
  const { backend, attn_implementation: attention, server: by } = answering;
  return { backend, attention, server: by };
}

/** What a benchmark is called in tables and files. */
export function nameOf({ name, benchmark: own }: Pick<BenchmarkBlock, "name" | "benchmark">): string {
  return name ?? own;
}

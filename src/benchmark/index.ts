import { StepFailure } from "../failure.ts";
import type { Benchmark } from "./benchmark.ts";
import { cvBench } from "./cv-bench.ts";
import { mmsi } from "./mmsi.ts";
import { plan } from "./plan.ts";
import { pairwise } from "./pairwise.ts";
import { vsr } from "./vsr.ts";

/** The benchmarks, by their names in a recipe. A new one adds one line. */
export const BENCHMARKS = { mmsi, vsr, "cv-bench": cvBench, pairwise, plan };

export type BenchmarkName = keyof typeof BENCHMARKS;

/** @throws {StepFailure} BadInput for a benchmark that this version does not know */
export function benchmarkOf(name: string): Benchmark {
  if (Object.hasOwn(BENCHMARKS, name)) return BENCHMARKS[name as BenchmarkName] as Benchmark;
  const known = Object.keys(BENCHMARKS).join(", ");
  throw new StepFailure("BadInput", `"${name}" is no benchmark that this version knows; ${known} are.`);
}

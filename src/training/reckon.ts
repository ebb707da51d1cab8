import { alignedLines } from "../contract/table.ts";
import { adapterWeightsIn, type Tensor, weightsIn } from "../model/weights.ts";
import { plural } from "../numbers.ts";
import { type CommonSettings, tuningOf } from "./common.ts";
import { usesVllm } from "./vllm.ts";

/** Bytes of a weight: adapters are trained, and merges at worst saved, in float32. */
export const FLOAT32 = 4;
/** Bytes a trained weight takes in a checkpoint: itself and Adam's two moments. */
export const TRAINED = 12;
/** Checkpoints at once: two of a training are kept, a third is being written; none outlives its training. */
export const CHECKPOINTS = 3;

/** A stage of a recipe, and how it trains. */
export interface Stage {
  readonly name: string;
  readonly training: CommonSettings;
}

/** What a stage comes to, as `plan` tells it. */
export interface StagePlan {
  readonly stage: string;
  readonly rows: number;
  readonly optimizer_steps: number;
  readonly tuning: string;
  readonly learning_rate: number;
  /** Does vLLM draw its completions? */
  readonly use_vllm?: true;
}

export function stagePlan({ name, training }: Stage, rows: number, steps: number): StagePlan {
  return {
    stage: name,
    rows,
    optimizer_steps: steps,
    tuning: tuningOf(training),
    learning_rate: training.tuning === "full" ? training.language_lr : training.learning_rate,
    ...(usesVllm(training) && { use_vllm: true }),
  };
}

/** A line for each stage: "  sft   48 rows   3 optimizer steps   LoRA r64   learning rate 0.00001". @param most "at most " */
export function stageLines(stages: readonly StagePlan[], most = ""): string[] {
  return alignedLines(
    stages.map((each) => [
      `  ${each.stage}`,
      `${most}${plural(each.rows, "row")}`,
      plural(each.optimizer_steps, "optimizer step"),
      each.tuning,
      `learning rate ${each.learning_rate}`,
      ...(each.use_vllm ? ["completions by vLLM"] : []),
    ]),
  );
}

/**
 * Bytes that a chain of trainings takes at most: an adapter and the merged checkpoint of each, or its checkpoint, and
 * the checkpoints within the largest of them.
 * @param tensors of the checkpoint that the first starts from
 */
export function trainingBytes(tensors: readonly Tensor[], stages: readonly Stage[]): number {
  const whole = weightsIn(tensors);
  let models = 0;
  let largest = 0;
  for (const { training } of stages) {
    const full = training.tuning === "full";
    const trained = full ? whole : adapterWeightsIn(tensors, training.lora_target, training.lora_rank);
    models += (full ? whole : whole + trained) * FLOAT32;
    largest = Math.max(largest, trained * TRAINED * CHECKPOINTS);
  }
  return models + largest;
}

/** Devices that the widest stage takes at once, and the field that says so. */
export function widest(stages: readonly Stage[]): { readonly field: string; readonly count: number } {
  const most = stages.reduce((a, b) => (b.training.num_processes > a.training.num_processes ? b : a));
  return { field: `${most.name}.training.num_processes`, count: most.training.num_processes };
}

import { CHECKPOINTS, FLOAT32, TRAINED } from "../../../training/reckon.ts";
import type { Recipe } from "../recipe/index.ts";
import { type RunWork, total } from "./work.ts";

/** What the planner's checkpoint says about itself; null where there is no checkpoint to read. */
export interface ModelSize {
  /** Numbers in the whole checkpoint. */
  readonly weights: number;
  /** Numbers that the adapter will have. */
  readonly adapterWeights: number;
}

/** Bytes that a run adds to the disk, at most; but for checkpoints, nothing of it is deleted while the run goes on. */
export interface DiskUse {
  readonly views: number;
  readonly checkpoints: number;
  /** Adapters and merged checkpoints. */
  readonly models: number;
  /** Rollouts, labels and answers, and the same joined again in the run folder. */
  readonly rows: number;
  readonly total: number;
  /** Checkpoints over all trainings, few of which are there at once. */
  readonly checkpointCount: number;
}

/** Bytes a pixel of a PNG: a photograph takes two thirds of its three raw bytes, a scene of flat colours far less. */
const PNG_BYTES: Readonly<Record<string, number>> = { "scene-renderer": 0.5 };
const PHOTOGRAPH = 2;
/** Bytes of a file's smallest piece on common file systems: a small view takes one. */
const BLOCK = 4096;

/** Bytes of a row without its text: ids, seeds, digests, sampling settings. */
const ROW = 1200;
/** Bytes of a token of text. */
const TOKEN = 4;
/** A row is in the rollouts, the labels and their index, and again in the two joined files of the run folder. */
const COPIES = 5;

/** Reckons what a run leaves on the disk. */
export function diskOf(recipe: Recipe, work: RunWork, model: ModelSize | null): DiskUse {
  const { evaluation } = work;
  const asked = total([
    ...work.labelling.map((each) => [each, 1] as const),
    ...(evaluation
      ? ([
          [evaluation.floors, 1],
          [evaluation.policy, evaluation.policies],
        ] as const)
      : []),
  ]);
  const trainings = work.iterations.filter((each) => each.maxOptimizerSteps > 0);
  const saved = trainings.map(({ maxOptimizerSteps }) => savedCheckpoints(recipe, maxOptimizerSteps));
  const checkpointCount = saved.reduce((sum, count) => sum + count, 0);
  const views = asked.views * viewBytes(recipe);
  // Of a LoRA the adapter is trained, and kept beside the merged checkpoint; a full fine-tuning is one checkpoint.
  const { weights, adapterWeights } = model ?? { weights: 0, adapterWeights: 0 };
  const full = recipe.training.tuning === "full";
  const checkpoints = Math.min(CHECKPOINTS, Math.max(0, ...saved)) * (full ? weights : adapterWeights) * TRAINED;
  const models = trainings.length * (full ? weights : adapterWeights + weights) * FLOAT32;
  const rows = (asked.completions + asked.answers) * COPIES * (ROW + recipe.planner.max_new_tokens * TOKEN);
  return { views, checkpoints, models, rows, total: views + checkpoints + models + rows, checkpointCount };
}

function savedCheckpoints({ training }: Recipe, steps: number): number {
  return training.backend === "simulated" ? 0 : Math.floor(steps / training.save_steps);
}

function viewBytes({ executor }: Recipe): number {
  const bytes = executor.width * executor.height * (PNG_BYTES[executor.backend] ?? PHOTOGRAPH);
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { namesIn } from "../src/artifact/disk.ts";
import { StepFailure } from "../src/failure.ts";
import type { JobOptions, TrainerBackend, TrainRequest } from "../src/model/trainer/backend.ts";
import { type Batch, batchOf, smallerBatch, withBatch } from "../src/model/trainer/batch.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { StepContext } from "./step.ts";

/** A training as its step runs it. */
export interface RunningJob {
  /** What is the same in every start. */
  readonly request: Omit<TrainRequest, "checkpoints" | "resume_from">;
  readonly checkpoints: Checkpoints;
  readonly silenceMs: number;
  readonly log: Logger;
  /** Throws when what is read is not what the run was opened with: a checkpoint is kept under the key of that. */
  readonly unchanged: () => Promise<void>;
}

export interface TrainedJob {
  readonly metrics: Record<string, number>;
  /** training_log.jsonl, over all starts. */
  readonly log: string;
  /** The batch that fitted, for the manifest; null where it is the recipe's. */
  readonly batch: Batch | null;
}

/**
 * Trains from the newest whole checkpoint, on whichever host it was made. Where the device runs out of memory, the job
 * is started again from there with half the batch and twice the passes, down to one pair a pass: an optimizer step sees
 * the same pairs in the same order, and the rounding of its sums differs; so does the weight of the pairs in a pass that
 * is not full, at the end of an epoch. A checkpoint remembers the batch.
 */
export async function runTrainJob(trainer: TrainerBackend, job: RunningJob, context: StepContext): Promise<TrainedJob> {
  const asked = batchOf(job.request.settings);
  for (let batch: Batch | null = null; ;) {
    const resumed = await job.checkpoints.newest();
    batch ??= resumed?.batch ?? asked;
    const noted = batch.per_device_train_batch_size === asked.per_device_train_batch_size ? null : batch;
    try {
      return { ...(await start(trainer, job, { batch, noted, resumed }, context)), batch: noted };
    } catch (error) {
      if (!(error instanceof StepFailure) || error.type !== "OutOfMemory") throw error;
      batch = smallerBatch(batch);
      if (batch === null) throw tooSmall(error);
      job.log.warn({ ...batch }, "out of memory: the training goes on with a smaller batch");
    }
  }
}

/** What a trainer writes into its output: the policy, and where it is validated those of its checkpoints. */
const WRITTEN = /^(model_lora|model_full|checkpoint-\d+|best|validation\.json)$/;

interface Start {
  readonly batch: Batch;
  readonly noted: Batch | null;
  readonly resumed: Awaited<ReturnType<Checkpoints["newest"]>>;
}

async function start(
  trainer: TrainerBackend,
  { request, checkpoints, silenceMs, unchanged }: RunningJob,
  { batch, noted, resumed }: Start,
  { signal, report }: StepContext,
): Promise<Pick<TrainedJob, "metrics" | "log">> {
  let log = resumed?.log ?? "";
  const onEvent: JobOptions["onEvent"] = async (event) => {
    if (event.event === "progress") {
      const { step, total, metrics } = event;
      report({ doing: "train", done: step, total, metrics });
      log += `${JSON.stringify({ step, ...metrics })}\n`;
    } else if (event.event === "checkpoint") {
      await unchanged();
      await checkpoints.keep(event.step, event.folder, log, noted);
    }
  };
  // A start that ran out of memory may have left some of what it writes.
  for (const name of (await namesIn(request.output)).filter((each) => WRITTEN.test(each)))
    await rm(join(request.output, name), { recursive: true });
  const scratch = await checkpoints.scratch();
  try {
    const told = withBatch({ ...request, checkpoints: scratch, resume_from: resumed?.folder ?? null }, batch);
    return { metrics: await trainer.train(told, { signal, silenceMs, onEvent }), log };
  } finally {
    await checkpoints.discard(scratch);
  }
}

function tooSmall(cause: StepFailure): StepFailure {
  return new StepFailure(
    "OutOfMemory",
    "The device ran out of memory in the training of a single row at once; lower max_pixels, train an adapter " +
      "(training.tuning lora, or qlora), or divide the training over several devices " +
      '(training.fsdp, or training.deepspeed "zero3").',
    { cause },
  );
}

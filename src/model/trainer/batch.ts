import type { CommonSettings } from "../../training/common.ts";
import type { TrainRequest } from "./backend.ts";

/** Pairs a forward pass and forward passes an optimizer step, on each device. Their product is what is trained with. */
export type Batch = Pick<CommonSettings, "per_device_train_batch_size" | "gradient_accumulation_steps">;

/** The batch that a recipe asks for. */
export function batchOf({ per_device_train_batch_size, gradient_accumulation_steps }: Batch): Batch {
  return { per_device_train_batch_size, gradient_accumulation_steps };
}

/**
 * At most half as many pairs a forward pass, and so many more passes that an optimizer step sees the same pairs; null
 * where there is one pair a pass already. An odd number is divided by more than two.
 */
export function smallerBatch({ per_device_train_batch_size: pairs, gradient_accumulation_steps: passes }: Batch) {
  if (pairs === 1) return null;
  let less = Math.floor(pairs / 2);
  while (pairs % less !== 0) less -= 1;
  return { per_device_train_batch_size: less, gradient_accumulation_steps: (passes * pairs) / less };
}

/** DeepSpeed's names for the two. */
const DEEPSPEED = {
  train_micro_batch_size_per_gpu: "per_device_train_batch_size",
  gradient_accumulation_steps: "gradient_accumulation_steps",
} as const;

/** The request with this batch, also where a DeepSpeed configuration names the recipe's in numbers of its own. */
export function withBatch<R extends Pick<TrainRequest, "settings" | "deepspeed">>(request: R, batch: Batch): R {
  const { settings, deepspeed } = request;
  const numbers = Object.entries(DEEPSPEED).flatMap(([theirs, ours]) =>
    typeof (deepspeed as Record<string, unknown> | null)?.[theirs] === "number" ? [[theirs, batch[ours]] as const] : [],
  );
  const configured = numbers.length > 0 ? { ...(deepspeed as object), ...Object.fromEntries(numbers) } : deepspeed;
  return { ...request, settings: { ...settings, ...batch }, deepspeed: configured };
}

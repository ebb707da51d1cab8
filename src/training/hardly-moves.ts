import type { CommonSettings } from "./common.ts";

/** Below this many optimizer steps at a full-model learning rate, a LoRA hardly moves. */
const FEW_STEPS = 100;
/** A learning rate from which few steps are enough. */
const LORA_SIZED = 5e-5;

/**
 * Whether an adapter will hardly change anything: then the end of a sentence that begins with the training's name.
 * @param steps at most so many optimizer steps
 * @param when "in iteration 1", or nothing
 */
export function hardlyMoves(settings: CommonSettings, steps: number, when = ""): string | null {
  const { backend, tuning, learning_rate: rate } = settings;
  if (backend === "simulated" || tuning === "full") return null;
  if (steps >= FEW_STEPS || rate >= LORA_SIZED) return null;
  return (
    `makes at most ${steps} optimizer steps${when && ` ${when}`} at learning_rate ${rate}: the policy will hardly change; ` +
    "a LoRA-sized setting is learning_rate 5e-5 with lora_alpha twice lora_rank."
  );
}

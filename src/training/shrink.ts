import type { CommonSettings } from "./common.ts";

/** Optimizer steps: enough to see a loss fall, and a checkpoint with the default of save_steps. */
const STEPS = 50;

/** A training that ends early. */
export function shrinkTraining<S extends CommonSettings>(settings: S): S {
  return { ...settings, max_steps: Math.min(settings.max_steps ?? STEPS, STEPS) };
}

import type { Mixture } from "../recipe/parts/mixture.ts";
import type { CommonSettings } from "./common.ts";

/** Optimizer steps: enough to see a loss fall, and a checkpoint with the default of save_steps. */
const STEPS = 50;
/** Rows of a set, and of a mixture. */
export const ROWS = 128;

/** A training that ends early. */
export function shrinkTraining<S extends CommonSettings>(settings: S): S {
  return { ...settings, max_steps: Math.min(settings.max_steps ?? STEPS, STEPS) };
}

/** A stage on a few rows that ends early. */
export function shrinkStage<S extends Mixture & { readonly training: CommonSettings }>(stage: S): S {
  const { data, rows, training } = stage;
  return {
    ...stage,
    data: data.map((set) => ({ ...set, limit: Math.min(set.limit ?? ROWS, ROWS) })),
    ...(rows !== undefined && { rows: Math.min(rows, ROWS) }),
    training: shrinkTraining(training),
  };
}

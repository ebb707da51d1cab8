import { z } from "zod";

/** A path as recipes write it: relative to the worker's `--root`, with forward slashes. */
export const path = z.string().min(1);

/** Names files and columns. */
export const label = z
  .string()
  .max(40)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, - and _ are needed, a letter or digit first");

/** A fraction of a whole. */
export const share = z.number().min(0).max(1);

/**
 * The narrowest dtype that Qwen's checkpoints are published and served in; a CPU, where bfloat16 is emulated, is
 * better off with float32.
 */
export const dtype = z.enum(["float32", "bfloat16", "float16"]).default("bfloat16");

/** Resamples of the paired bootstrap: the 2.5 % quantile then rests on 50 of them. */
const BOOTSTRAP_RESAMPLES = 2000;

export const resamples = z
  .int()
  .min(100)
  .max(100_000)
  .default(BOOTSTRAP_RESAMPLES)
  .describe("Resamples behind every interval");

/** sdpa ships with torch; flash_attention_2 needs its own package. */
export const attention = z.enum(["sdpa", "eager", "flash_attention_2"]).default("sdpa");

/** Pixels: 256 visual tokens of 28 × 28, the lower bound that Qwen's model cards recommend. */
const MIN_PIXELS = 256 * 28 * 28;

/** Pixels: 1,280 visual tokens of 28 × 28, the upper bound of the same cards. */
const MAX_PIXELS = 1280 * 28 * 28;

/** How large an image the model sees. Both are explicit: the checkpoint's own preprocessor settings never leak in. */
export const pixelLimits = {
  min_pixels: z.int().min(1).default(MIN_PIXELS).describe("Smaller images are enlarged to this many pixels"),
  max_pixels: z.int().min(1).default(MAX_PIXELS).describe("Larger images are reduced to this many pixels"),
};

/** Never a key itself, which would stay in recipes and histories. */
export const keyVariable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, "the name of an environment variable is needed, and never the key itself");

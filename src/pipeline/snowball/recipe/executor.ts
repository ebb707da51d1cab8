import { z } from "zod";
import { path } from "../../../recipe/parts/fields.ts";

/** Pixels a side: the size at which image editors of the FLUX.2 class are at home. */
const SIDE = 1024;
/** A black or broken image is made again this often, each time with another recorded seed, before its sample is quarantined. */
const MAX_RETRIES = 2;
/** Denoising steps of a distilled checkpoint; more are more work for nothing. */
const STEPS = 4;
/** Views at once; where the device is too small for them, they are halved by themselves. */
const MICRO_BATCH = 4;
/** Pixels: diffusers reduces what it edits to as many in any case. */
const MOST_INPUT_PIXELS = 1024 * 1024;
/** Pixels: with fewer, an image of 8:1, which the editor still takes, would be narrower than the 64 that it needs. */
const LEAST_INPUT_PIXELS = 256 * 256;

export const executor = z
  .strictObject({
    backend: z.enum(["flux2-klein", "scene-renderer", "simulated"]).describe("Who makes the views"),
    model: path.optional().describe("flux2-klein: the checkpoint's folder, relative to the worker's root"),
    images: z
      .enum(["first", "all"])
      .default("first")
      .describe(
        "flux2-klein: which of a question's images it reads; all: the first is edited, the others stand beside it, four in all at most",
      ),
    width: z.int().min(16).max(8192).default(SIDE).describe("Pixels"),
    height: z.int().min(16).max(8192).default(SIDE).describe("Pixels"),
    on_generation_failure: z
      .enum(["quarantine", "negative"])
      .default("quarantine")
      .describe("A view that the executor refuses: quarantine its sample, or score it -1 (the older convention)"),
    max_retries: z.int().min(0).max(10).default(MAX_RETRIES).describe("How often a broken image is made again"),
    // Half precision overflows in editors of this kind, and what comes back is black.
    dtype: z.enum(["bfloat16", "float32"]).default("bfloat16").describe("flux2-klein: the dtype in which it works"),
    num_inference_steps: z
      .int()
      .min(1)
      .max(200)
      .default(STEPS)
      .describe("flux2-klein: denoising steps; 4 for a distilled checkpoint, 28 or more for a Base one"),
    guidance_scale: z
      .number()
      .min(1)
      .max(20)
      .default(1)
      .describe("flux2-klein: 1, which is off, for a distilled checkpoint; about 4 for a Base one"),
    max_input_pixels: z
      .int()
      .min(LEAST_INPUT_PIXELS)
      .max(MOST_INPUT_PIXELS)
      .default(MOST_INPUT_PIXELS)
      .describe("flux2-klein: larger given images are reduced to this many pixels, their aspect kept"),
    micro_batch: z.int().min(1).default(MICRO_BATCH).describe("flux2-klein: views of one image made at once"),
    offload: z
      .enum(["none", "model", "sequential"])
      .default("none")
      .describe("flux2-klein: keep on the GPU all of it, one model at a time, or one layer at a time (slowest)"),
  })
  .describe("Makes one view per instruction");

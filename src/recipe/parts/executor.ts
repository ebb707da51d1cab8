import { z } from "zod";

/** Pixels a side: the size at which image editors of the FLUX.2 class are at home. */
const SIDE = 1024;
/** A black or broken image is made again this often, each time with another recorded seed, before its sample is quarantined. */
const MAX_RETRIES = 2;

export const executor = z
  .strictObject({
    backend: z.enum(["scene-renderer", "simulated"]).describe("Who makes the views"),
    width: z.int().min(16).max(8192).default(SIDE).describe("Pixels"),
    height: z.int().min(16).max(8192).default(SIDE).describe("Pixels"),
    on_generation_failure: z
      .enum(["quarantine", "negative"])
      .default("quarantine")
      .describe("A view that the executor refuses: quarantine its sample, or score it -1 (the older convention)"),
    max_retries: z.int().min(0).max(10).default(MAX_RETRIES).describe("How often a broken image is made again"),
  })
  .describe("Makes one view per instruction");

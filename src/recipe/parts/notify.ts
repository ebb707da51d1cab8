import { z } from "zod";

const EVENTS = ["ended", "failed", "asks"] as const;

export const notify = z
  .strictObject({
    on: z
      .array(z.enum(EVENTS))
      .min(1)
      .default([...EVENTS])
      .describe("When: the run is complete, it failed, its gate asks"),
    command: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("A program and its arguments, started in the worker's root; reads what happened as JSON from stdin"),
    webhook: z
      .string()
      .regex(
        /^(https?:\/\/\S+|\$[A-Za-z_][A-Za-z0-9_]*)$/,
        "an http address is needed, or $NAME of the worker's environment",
      )
      .optional()
      .describe("Where what happened is posted as JSON; $NAME takes the address from the worker's environment"),
  })
  .describe("Who is told what becomes of the run, by workers that were started with --allow notify");

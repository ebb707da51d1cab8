import { z } from "zod";

const speed = z.number().gt(0);
const devices = z.int().min(1).max(10_000).default(1).describe("Devices that play this role");

/** What `snowball plan` reckons hours with. It determines no result. */
export const rates = z
  .strictObject({
    planner: z
      .strictObject({ completions_per_s: speed.describe("Completions a second, on one device"), devices })
      .optional()
      .describe("The planner's speed"),
    executor: z
      .strictObject({ views_per_s: speed.describe("Views a second, on one device"), devices })
      .optional()
      .describe("The executor's speed"),
    critic: z
      .strictObject({ answers_per_s: speed.describe("Answers a second, on one device"), devices })
      .optional()
      .describe("The speed of critic and evaluator"),
    trainer: z
      .strictObject({ pairs_per_s: speed.describe("Pairs trained on a second, on one device"), devices })
      .optional()
      .describe("The trainer's speed"),
  })
  .describe("How fast your devices are, as a pilot measured it: `plan` reckons hours with it and assumes none");

export type Rates = z.output<typeof rates>;

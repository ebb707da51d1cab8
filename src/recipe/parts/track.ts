import { z } from "zod";

/** Pictures of a part of a run: a few pairs with the views of both sides. */
const PICTURES = 8;

export const track = z
  .strictObject({
    to: z
      .enum(["trackio", "wandb"])
      .describe("The tracker: trackio writes on the worker's host, wandb sends to Weights & Biases"),
    project: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "letters, digits, dots, - and _ are needed, a letter or digit first")
      .default("snowball")
      .describe("The tracker's project that the run appears in"),
    pictures: z.int().min(0).max(100).default(PICTURES).describe("Pictures of each part of the run at most"),
  })
  .describe("The tracker that the run is shown in while it goes on; wandb by workers started with --allow track");

/** The block with its defaults. */
export type Track = z.output<typeof track>;

import { z } from "zod";
import { path } from "./fields.ts";

export const data = z
  .strictObject({
    path: path.describe("The questions: a JSON array or JSON Lines, relative to the worker's root"),
    image_root: path.describe("Where the questions' image names start, relative to the worker's root"),
    format: z
      .enum(["mmsi"])
      .default("mmsi")
      .describe("The rows' shape: MMSI-Bench (id, images, question, answer, question_type)"),
    held_out: z
      .strictObject({
        val: z.int().min(0).default(0).describe("Questions that the gate looks at"),
        test: z.int().min(0).default(0).describe("Questions that the report shows"),
      })
      .prefault({})
      .describe("Questions kept from training, by scene; 0 and 0 switch evaluation and gate off"),
    max_samples: z.int().min(1).optional().describe("Train on at most this many questions, chosen by the seed"),
  })
  .describe("Where the questions come from");

import { z } from "zod";
import { share } from "./fields.ts";

const latency = z.number().min(0).default(0);

/** What `simulated` backends pretend. Only allowed where a backend is simulated. */
export const simulate = z
  .strictObject({
    latency_ms: z
      .strictObject({
        rollout: latency.describe("A chunk's rollout"),
        imagine: latency.describe("A chunk's views"),
        score: latency.describe("A chunk's scores"),
        train: latency.describe("A training"),
      })
      .prefault({})
      .describe("Milliseconds a step takes"),
    faults: z
      .strictObject({
        malformed_share: share.default(0).describe("Completions that do not parse"),
        empty_share: share.default(0).describe("Completions without instructions"),
        imagine_failure_share: share.default(0).describe("Views that fail for the machine's reasons"),
        refused_share: share.default(0).describe("Views that the executor refuses"),
        unreadable_score_share: share
          .default(0)
          .describe("Replies of the critic that hold no score: NaN, or no number"),
        constant_score: z.boolean().default(false).describe("The critic says the same to everything"),
        poison_questions: z
          .array(z.string())
          .default([])
          .describe("Pieces of question text that crash the planner each time"),
      })
      .prefault({})
      .describe("Faults that are injected, by the seed"),
  })
  .describe("What simulated backends pretend");

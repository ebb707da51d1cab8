import { z } from "zod";

const NUM_ITERATIONS = 5;

const controls = z.strictObject({
  shuffle_scores: z
    .enum(["none", "all", "valid"])
    .default("none")
    .describe("Permute each question's scores: among all its samples, or among those that are no policy failure"),
  rollouts_from: z.enum(["policy", "base"]).default("policy").describe("base: every shard is sampled from the base"),
  accumulate: z.boolean().default(true).describe("false: train on the newest shard's pairs alone"),
  random_view: z.boolean().default(false).describe("true: every sample gets a reference view drawn by the seed"),
  sft_only: z.boolean().default(false).describe("true: train on the chosen texts alone, without preferences"),
});

export const loop = z
  .strictObject({
    num_iterations: z
      .int()
      .min(1)
      .max(100)
      .default(NUM_ITERATIONS)
      .describe("Rounds; the questions are split evenly over them"),
    schedule: z
      .enum(["stream", "staged"])
      .default("stream")
      .describe("stream: chunks flow through the roles; staged: one role after the other, for a host with one device"),
    gate: z
      .enum(["promote", "roll_back", "ask"])
      .default("promote")
      .describe(
        "roll_back: a policy that is measurably worse on val is not sampled from; ask: a person decides each time",
      ),
    on_no_pairs: z
      .enum(["continue", "stop"])
      .default("continue")
      .describe("An iteration without pairs keeps its policy and goes on, or stops"),
    controls: controls.prefault({}).describe("Counter-experiments; the defaults are the real run"),
  })
  .describe("The loop around label, train, evaluate");

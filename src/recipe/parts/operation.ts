import { z } from "zod";
import { MOST_IMPORT_TIMEOUT_S } from "../../contract/opening.ts";

/** Questions a step works on: minutes of a GPU's work, so that a crash costs minutes. */
const CHUNK_QUESTIONS = 16;
/** Chunks in flight: one per role and one waiting. */
const CHUNK_WINDOW = 4;

export const chunk = z
  .strictObject({
    questions: z.int().min(1).max(10_000).default(CHUNK_QUESTIONS).describe("Questions a step works on"),
    window: z.int().min(1).max(100).default(CHUNK_WINDOW).describe("Chunks in flight at once"),
  })
  .describe("How questions flow through the steps");

const MAX_ATTEMPTS = 5;
/** Seconds: Temporal's timers fire on a one-second grid. */
const INITIAL_INTERVAL_S = 1;
/** Seconds without a heartbeat until a step counts as lost; steps beat every ten. */
const HEARTBEAT_TIMEOUT_S = 60;
/** Seconds without a line from a model process until it is killed: loading a 7B checkpoint from a slow disk takes minutes. */
const SILENCE_S = 600;
/** Seconds: a chunk takes minutes, but waiting for a device counts too. */
const CHUNK_TIMEOUT_S = 6 * 3600;
/** Seconds: two days, for training on a hundred thousand pairs. */
const TRAIN_TIMEOUT_S = 48 * 3600;

export const retries = z
  .strictObject({
    max_attempts: z.int().min(1).max(1000).default(MAX_ATTEMPTS).describe("Attempts of a step, the first included"),
    initial_interval_s: z
      .number()
      .min(1)
      .default(INITIAL_INTERVAL_S)
      .describe("Wait before the second attempt; doubles each time"),
    heartbeat_timeout_s: z
      .number()
      .min(2)
      .default(HEARTBEAT_TIMEOUT_S)
      .describe("A step that is not heard of for this long is lost"),
    silence_s: z
      .number()
      .min(1)
      .default(SILENCE_S)
      .describe("A model process that says nothing for this long is killed"),
    chunk_timeout_s: z
      .number()
      .min(1)
      .default(CHUNK_TIMEOUT_S)
      .describe("Longest time of a step on a chunk, its wait for a device included"),
    import_timeout_s: z
      .number()
      .min(1)
      .max(MOST_IMPORT_TIMEOUT_S)
      .optional()
      .describe("Longest time of the first step, which looks at all data; 12 hours when absent"),
    train_timeout_s: z
      .number()
      .min(1)
      .default(TRAIN_TIMEOUT_S)
      .describe("Longest time of a training, its wait for a device included"),
  })
  .describe("How long a step may take and how often it is tried");

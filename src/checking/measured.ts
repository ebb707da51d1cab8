import { z } from "zod";

const failed = z.object({ type: z.string(), problem: z.string() });
export type Failed = z.output<typeof failed>;

const completion = z.object({
  text: z.string(),
  finish: z.enum(["stop", "length"]),
  tokens: z.int(),
  /** Share of its runs of three tokens that it has said before. */
  repetition: z.number(),
});

const prompt = z.object({ id: z.string(), images: z.int(), image_tokens: z.int(), tokens: z.int() });

/** measured.json, as python/runners/check.py writes it; python/mlx writes what of it is inference. */
export const measured = z.object({
  rows: z.int(),
  looked: z.int(),
  /** Tokens that the model has places for. */
  context: z.int(),
  prompts: z.array(prompt),
  /** A sequence of a row each: tokens learned but for the end; of them of the prompt; missed of the answer. */
  answers: z.array(z.object({ id: z.string(), answer: z.int(), leaked: z.int(), missed: z.int(), ended: z.boolean() })),
  /** Rows whose two sides are the same tokens. */
  alike: z.array(z.string()),
  /** Sequences of a row that are learned from; 0 where rows bring none, or none could be read. */
  sides: z.int(),
  refused: z.array(z.object({ id: z.string(), problem: z.string() })),
  said: z.union([z.array(z.object({ row: z.int(), completions: z.array(completion) })), failed]),
  /** Pairs made of what was sampled; null where answers are given. */
  pairs: z.int().nullable(),
  /** null: left out. */
  step: z
    .union([
      failed,
      z.object({
        rows: z.int(),
        /** null: no number, or not told. */
        loss: z.number().nullable(),
        grad_norm: z.number().nullable(),
        scaled: z.boolean(),
        seconds: z.number(),
      }),
    ])
    .nullable(),
  /** Peak bytes; `of` the device's, null where they are the host's. */
  memory: z.number(),
  of: z.number().nullable(),
});
export type Measured = z.output<typeof measured>;

import { z } from "zod";
import { StepFailure } from "../src/failure.ts";
import { serveLines } from "../src/process/line-server.ts";
import type { Judge, TrainRow } from "../src/training/algorithm.ts";

/** What a trainer asks: what answers to rows, by their place among the training's, are worth. */
const request = z.object({ answers: z.array(z.object({ row: z.int().min(0), text: z.string() })) });

/**
 * Lets a trainer ask for rewards while `use` works: they are defined here, and not a second time in Python.
 * @param rows in the trainer's order
 */
export async function withRewards<T>(
  judge: Judge | undefined,
  rows: readonly TrainRow[],
  use: (path: string | null) => Promise<T>,
): Promise<T> {
  if (judge === undefined) return use(null);
  const server = await serveLines((asked) => {
    const { answers } = request.parse(asked);
    return { rewards: answers.map(({ row, text }) => judge(rowAt(rows, row), text)) };
  });
  try {
    return await use(server.path);
  } finally {
    await server.close();
  }
}

function rowAt(rows: readonly TrainRow[], place: number): TrainRow {
  const row = rows[place];
  if (row) return row;
  throw new StepFailure("BadInput", `The trainer asked for the reward of row ${place}, and there are ${rows.length}.`);
}

import { z } from "zod";
import { StepFailure } from "../src/failure.ts";
import { type AnsweringSocket, answerLines } from "../src/process/answer-lines.ts";
import type { Judge, TrainRow } from "../src/training/algorithm.ts";

const request = z.object({ rows: z.array(z.object({ row: z.int().min(0), text: z.string() })) });

/**
 * Answers a training's questions of what its completions are worth, while `work` lasts: JSON Lines on a Unix socket,
 * {rows: [{row, text}]} → {rewards: [{reward, parts}]}. Rows are named by their places in the training's data.
 */
export async function withJudge<T>(
  judge: Judge | undefined,
  rows: readonly TrainRow[],
  work: (socket: string | null) => Promise<T>,
): Promise<T> {
  if (judge === undefined) return work(null);
  const socket: AnsweringSocket = await answerLines(async (asked) => {
    const judged = request.parse(asked).rows.map(async ({ row, text }) => {
      const known = rows[row];
      if (known === undefined) throw new StepFailure("BadInput", `There is no row ${row} among ${rows.length}.`);
      const scored = await judge.score(known, text);
      const broken = Object.entries({ reward: scored.reward, ...scored.parts }).find(
        ([, value]) => !Number.isFinite(value),
      );
      if (broken)
        throw new StepFailure("BadInput", `Row "${known.id}": its ${broken[0]} is ${broken[1]}, no finite number.`);
      return scored;
    });
    return { rewards: await Promise.all(judged) };
  });
  try {
    return await work(socket.path);
  } finally {
    await socket.close();
  }
}

/**
 * Refuses rows that the training's judge cannot judge, before a device is taken.
 * @throws {StepFailure} BadInput naming the first
 */
export function checkJudged(judge: Judge | undefined, rows: readonly TrainRow[]): void {
  const found = rows
    .map((row) => ({ row, problem: judge?.problem(row) ?? null }))
    .find(({ problem }) => problem !== null);
  if (found) throw new StepFailure("BadInput", `Row "${found.row.id}" ${found.problem}; nothing was trained.`);
}

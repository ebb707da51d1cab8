import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { reasonOf, StepFailure } from "../src/failure.ts";
import { ownReward } from "../src/reward/own.ts";
import type { Scored } from "../src/reward/reward.ts";
import type { Judge, OwnJudges, TrainRow } from "../src/training/algorithm.ts";
import type { ActivityDeps } from "./deps.ts";

/** The longest that a service may take to say what a completion is worth, in ms. */
const ANSWER_MS = 60_000;
/** Asked so often before the training fails; it then goes on from its last checkpoint. */
const ATTEMPTS = 4;
/** Doubled with each attempt, in ms. */
const WAIT_MS = 500;

const scored = z.object({ reward: z.number(), parts: z.record(z.string(), z.number()).default({}) });
const answered = z.object({ rewards: z.array(scored) });

export interface OwnRewards {
  readonly judges: OwnJudges;
  /** What determines what they say, for the key of what is trained: of a program, its digest. */
  readonly digests: readonly string[];
}

/**
 * Rewards that the recipe brings itself, ready to be asked.
 * @throws {StepFailure} BadInput where this worker does not run what recipes bring, for a program that is missing or has
 * no `score`, and for a service that does not answer
 */
export async function ownRewards(deps: ActivityDeps, names: readonly string[]): Promise<OwnRewards> {
  const judges: Record<string, Judge> = {};
  const digests: string[] = [];
  for (const name of names) {
    const own = ownReward(name);
    if (own === null) throw new StepFailure("BadInput", `The reward ${name} is neither a program nor an address.`);
    if (!deps.allowed.includes("rewards")) {
      throw new StepFailure(
        "BadInput",
        `The recipe brings a reward of its own (${name}), and this worker runs none; start it with --allow rewards where you trust the recipe.`,
      );
    }
    if (own.kind === "module") {
      const { judge, digest } = await moduleJudge(deps.root, name);
      judges[name] = judge;
      digests.push(digest);
    } else {
      judges[name] = await serviceJudge(name);
    }
  }
  return { judges, digests };
}

const program = z.looseObject({
  score: z.custom<(row: TrainRow, text: string) => unknown>((value) => typeof value === "function"),
  problem: z.custom<(row: TrainRow) => string | null>((value) => typeof value === "function").optional(),
});

/** One file, so that its digest is all of it: what it imported from beside it could change unseen. */
const IMPORTS_BESIDE = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']*)["']/;

async function moduleJudge(root: string, path: string): Promise<{ judge: Judge; digest: string }> {
  const file = join(root, path);
  const refuse = (what: string, cause?: unknown): StepFailure =>
    new StepFailure("BadInput", `The reward ${path} ${what}.`, { cause });
  const source = await readFile(file, "utf8").catch((cause: unknown) => {
    throw refuse("cannot be read", cause);
  });
  const beside = IMPORTS_BESIDE.exec(source)?.[1];
  if (beside !== undefined) throw refuse(`imports ${beside}; a single file is needed`);
  const digest = createHash("sha256").update(source).digest("hex");
  // Node keeps what it has once loaded under its address; a changed file is another.
  const loaded: unknown = await import(`${pathToFileURL(file).href}?sha256=${digest}`).catch((cause: unknown) => {
    throw refuse(`cannot be loaded (${reasonOf(cause)})`, cause);
  });
  const { success, data } = program.safeParse(loaded);
  if (!success) throw refuse("exports no function `score`");
  const { score, problem } = data;
  return {
    digest,
    judge: {
      problem: (row) => problem?.(row) ?? null,
      async score(row, text) {
        const said = scored.safeParse(await score(row, text));
        if (!said.success) throw refuse(`gave row "${row.id}" no {reward: number, parts?: {name: number}}`);
        return said.data;
      },
    },
  };
}

async function serviceJudge(address: string): Promise<Judge> {
  const ask = async (rows: readonly { readonly row: TrainRow; readonly text: string }[]): Promise<Scored[]> => {
    const { rewards } = await answerOf(address, rows);
    if (rewards.length === rows.length) return rewards;
    throw new StepFailure("BadInput", `The reward at ${address} gave ${rewards.length} rewards for ${rows.length}.`);
  };
  // Nothing to judge, and so an answer that costs nothing: a wrong address is found before a device is taken.
  await ask([]);
  return { problem: () => null, score: async (row, text) => (await ask([{ row, text }]))[0]! };
}

async function answerOf(address: string, rows: readonly object[]): Promise<z.output<typeof answered>> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await askOnce(address, rows);
    if (typeof found !== "string") return found;
    if (attempt === ATTEMPTS) throw new StepFailure("Infrastructure", `The reward at ${address} ${found}.`);
    await sleep(WAIT_MS * 2 ** (attempt - 1));
  }
}

/** The answer, or what may go better the next time, as the end of a sentence. */
async function askOnce(address: string, rows: readonly object[]): Promise<z.output<typeof answered> | string> {
  let text;
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.status === 429 || response.status >= 500) return `answered ${response.status}`;
    if (!response.ok) throw new StepFailure("BadInput", `The reward at ${address} answered ${response.status}.`);
    text = await response.text();
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    return `cannot be reached (${reasonOf(error)})`;
  }
  try {
    return answered.parse(JSON.parse(text));
  } catch (cause) {
    const wanted = "{rewards: [{reward: number, parts?: {name: number}}]}";
    throw new StepFailure("BadInput", `The reward at ${address} did not answer with ${wanted}.`, { cause });
  }
}

import { join } from "node:path";
import { type Piece, withDescendants } from "../../../artifact/descent.ts";
import { readAllJsonLines } from "../../../artifact/files.ts";
import type { Layout } from "../../../artifact/layout.ts";
import type { AnswerRow, LabeledRow } from "../../../preference/rows.ts";
import { madeOf, sampledFor } from "./reach.ts";
import type { LoopTrace } from "./trace.ts";

/** Where a run's quarantined samples are. */
export interface Retry {
  /** Quarantined samples by their reasons, held-out ones included. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Artifacts in which one of these quarantines arose: they, and no others, are set aside. */
  readonly views: readonly string[];
  readonly judged: readonly string[];
  /** Samples whose question kills its model process: every new start tries those again by itself. */
  readonly poisoned: number;
}

/** Looks for the samples that a run has quarantined, and for the artifacts in which that happened. Changes nothing. */
export async function findQuarantined(layout: Layout, pieces: readonly Piece[], run: LoopTrace): Promise<Retry> {
  // A run that stopped in the middle does not say what it is made of; its samples are known by their seeds.
  const own = run.policies === null ? withDescendants(pieces, sampledFor(pieces, run)) : madeOf(pieces, run);
  const imagined = ofSteps(own, "imagine");
  const reasons: Record<string, number> = {};
  const views = new Set<string>();
  const judged = new Set<string>();
  let poisoned = 0;
  for (const piece of ofSteps(own, "score", "answer")) {
    const shown = imagined.filter(({ sha256 }) => piece.inputs.includes(sha256));
    const file = piece.step === "score" ? "labeled.jsonl" : "answers.jsonl";
    for (const row of await readAllJsonLines<LabeledRow | AnswerRow>(join(layout.artifact(piece.key), file))) {
      if (row.status !== "quarantined") continue;
      const reason = row.reason ?? "no reason";
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      if (row.policy === "") poisoned += 1;
      else if (OF_A_VIEW.test(reason)) for (const { key } of shown) views.add(key);
      else judged.add(piece.key);
    }
  }
  return { reasons, views: [...views], judged: [...judged], poisoned };
}

/** A sample that lost a view says which one; the fault then lies with the executor. */
const OF_A_VIEW = /^view \d+: /;

function ofSteps(pieces: Iterable<Piece>, ...steps: string[]): Piece[] {
  return [...pieces].filter((piece) => steps.includes(piece.step));
}

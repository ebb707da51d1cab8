import type { GateDecision } from "../../../contract/gate.ts";
import { type Column, type Measured, type Row, share, type Table } from "../../../contract/table.ts";

/** How one policy did on the held-out test questions. `null` where nothing can be measured (no answers, unknown scene). */
export interface PolicyScore {
  readonly accuracy: Measured | null;
  readonly useful: Measured | null;
  readonly questions: number;
}

/** What an arm that no policy touches reaches, so that a gain can be judged. */
export interface Floors {
  readonly no_view: number | null;
  readonly random_view: number | null;
  readonly best_constant: { readonly name: string; readonly accuracy: number } | null;
  readonly best_constant_useful: { readonly name: string; readonly useful: number } | null;
  readonly best_view: number | null;
}

/** `no_pairs`: nothing was trained, so there was nothing to decide. */
export type RoundDecision = GateDecision | "no_pairs";

/** One line of the table of iterations. Iteration −1 is the base policy, which has no pairs and no training. */
export interface IterationRow {
  readonly iteration: number;
  readonly pairs: number;
  readonly weak: number;
  /** Median score gap of the new pairs, in units of the score (−1 … 1). */
  readonly gap: number | null;
  readonly loss: number | null;
  readonly score: PolicyScore | null;
  /** Digest of the policy that this iteration made, and whether the gate left it in place. */
  readonly policy: string;
  readonly decision: RoundDecision | null;
}

const COLUMNS: readonly Column[] = [
  { name: "iteration", title: "iteration", kind: "text" },
  { name: "pairs", title: "pairs", kind: "count" },
  { name: "weak", title: "weak", kind: "count" },
  { name: "gap", title: "gap", kind: "number" },
  { name: "loss", title: "loss", kind: "share" },
  { name: "accuracy", title: "accuracy", kind: "measured" },
  { name: "useful", title: "useful views", kind: "measured" },
  { name: "policy", title: "policy", kind: "digest" },
  { name: "gate", title: "gate", kind: "text" },
];

/** What the gate did, where it was not the usual. */
const REMARKS: Readonly<Record<RoundDecision, string | null>> = {
  promote: null,
  off: null,
  roll_back: "rolled back",
  no_pairs: "no pairs, policy unchanged",
};

/** The table of iterations, with the arms that no policy touches below it. */
export function iterationTable(rows: readonly IterationRow[], floors: Floors | null): Table {
  const compared = floorsNote(floors);
  return { columns: COLUMNS, rows: rows.map(cellsOf), ...(compared !== null && { notes: [compared] }) };
}

function cellsOf({ iteration, pairs, weak, gap, loss, score, policy, decision }: IterationRow): Row {
  const base = iteration < 0;
  return {
    iteration: base ? "base" : String(iteration + 1),
    pairs: base ? null : pairs,
    weak: base ? null : weak,
    gap,
    loss,
    accuracy: score?.accuracy ?? null,
    useful: score?.useful ?? null,
    policy,
    gate: decision && REMARKS[decision],
  };
}

function floorsNote(floors: Floors | null): string | null {
  if (floors === null) return null;
  const { no_view, random_view, best_constant, best_constant_useful, best_view } = floors;
  const parts = [
    no_view === null ? null : `no view ${share(no_view)}`,
    random_view === null ? null : `random view ${share(random_view)}`,
    best_constant === null ? null : `best constant view (${best_constant.name}) ${share(best_constant.accuracy)}`,
    best_view === null ? null : `best view always ${share(best_view)}`,
    best_constant_useful === null
      ? null
      : `useful at most ${share(best_constant_useful.useful)} with one view (${best_constant_useful.name})`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `for comparison: ${parts.join(" · ")}`;
}

/** "iteration 2 of 5 (iter_1)": people count from 1, files from 0. */
export function iterationTitle(iteration: number, iterations: number): string {
  return iteration < 0 ? "base policy" : `iteration ${iteration + 1} of ${iterations} (iter_${iteration})`;
}

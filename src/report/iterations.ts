import type { Floors, GateDecision, IterationRow } from "../contract/progress.ts";
import { columns } from "./columns.ts";
import { measured, NOTHING, plural, share } from "./numbers.ts";

const HEAD = ["iteration", "pairs", "weak", "gap", "loss", "accuracy", "useful views", "policy"];

/** What the gate did, where it was not the usual. */
const REMARKS: Readonly<Record<GateDecision, string>> = {
  promote: "",
  off: "",
  roll_back: "rolled back",
  no_pairs: "no pairs, policy unchanged",
};

/** The table of iterations, one line each, with a remark after those that did not put their policy in place. */
export function iterationTable(table: readonly IterationRow[]): string[] {
  const lines = columns([HEAD, ...table.map(cells)]);
  return lines.map((line, i) => {
    const decision = table[i - 1]?.decision ?? null;
    return decision === null || REMARKS[decision] === "" ? line : `${line}   ${REMARKS[decision]}`;
  });
}

function cells(row: IterationRow): string[] {
  const base = row.iteration < 0;
  return [
    base ? "base" : String(row.iteration + 1),
    base ? NOTHING : String(row.pairs),
    base ? NOTHING : String(row.weak),
    row.gap === null ? NOTHING : row.gap.toFixed(2),
    share(row.loss),
    measured(row.score?.accuracy ?? null),
    measured(row.score?.useful ?? null),
    shortDigest(row.policy),
  ];
}

/** What arms without a policy reach, so that a gain can be judged; null when nothing was measured. */
export function floorsLine(floors: Floors | null): string | null {
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

/** One finished iteration as a sentence, for output that only grows. */
export function iterationLine(row: IterationRow, iterations: number): string {
  const parts = [];
  if (row.iteration >= 0)
    parts.push(row.weak > 0 ? `${plural(row.pairs, "pair")} (${row.weak} weak)` : plural(row.pairs, "pair"));
  if (row.loss !== null) parts.push(`loss ${share(row.loss)}`);
  if (row.score?.accuracy) parts.push(`accuracy ${measured(row.score.accuracy)}`);
  if (row.score?.useful) parts.push(`useful views ${measured(row.score.useful)}`);
  parts.push(`policy ${shortDigest(row.policy)}`);
  if (row.decision !== null && REMARKS[row.decision] !== "") parts.push(REMARKS[row.decision]);
  return `${titleOf(row.iteration, iterations)}   ${parts.join(", ")}`;
}

/** "iteration 2 of 5 (iter_1)": people count from 1, files from 0. */
export function titleOf(iteration: number, iterations: number): string {
  return iteration < 0 ? "base policy" : `iteration ${iteration + 1} of ${iterations} (iter_${iteration})`;
}

function shortDigest(digest: string): string {
  return digest === "" ? NOTHING : `${digest.slice(0, 4)}…`;
}

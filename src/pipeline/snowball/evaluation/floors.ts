import type { Floors } from "../contract/rows.ts";
import type { AnswerRow } from "../../../preference/rows.ts";
import { correctness, meanOf, NO_VIEW_ARM, POLICY_ARM, usefulness } from "./arms.ts";

/** Accuracy and usefulness of one view on one family of questions. */
export interface Cell {
  readonly questions: number;
  readonly accuracy: number | null;
  readonly useful: number | null;
}

/** By view, then by question type; `"*"` is all types. */
export type ViewTable = Readonly<Record<string, Readonly<Record<string, Cell>>>>;

/**
 * What needs no policy.
 *
 * `random_view`: the mean over the reference views, what drawing one of them would reach. `best_constant`: the view
 * that does best when it is always given, picked on these same questions, so it flatters the floor. `best_view`: the
 * share of questions that some reference view answers rightly; it gains from lucky guesses, so it is an upper bound.
 * @param rows answers of the arm without a view and of every reference view
 */
export function floors(rows: readonly AnswerRow[]): Floors {
  const arms = referenceArms(rows);
  const accuracies = scores(arms, (own) => meanOf(correctness(own)));
  const usefuls = scores(arms, (own) => meanOf(usefulness(own)));
  const constant = best(accuracies);
  const useful = best(usefuls);
  return {
    no_view: meanOf(correctness(rows.filter((row) => row.arm === NO_VIEW_ARM))),
    random_view:
      accuracies.length === 0 ? null : accuracies.reduce((sum, { value }) => sum + value, 0) / accuracies.length,
    best_constant: constant && { name: constant.name, accuracy: constant.value },
    best_constant_useful: useful && { name: useful.name, useful: useful.value },
    best_view: anyRight([...arms.values()].flat()),
  };
}

/** Every reference view against every family: shows whether one camera fits all, and which hides which family. */
export function viewTable(rows: readonly AnswerRow[]): ViewTable {
  const table: Record<string, Record<string, Cell>> = {};
  for (const [name, own] of referenceArms(rows)) {
    const families = [...Map.groupBy(own, (row) => row.question_type)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    table[name] = Object.fromEntries([["*", cell(own)], ...families.map(([family, some]) => [family, cell(some)])]);
  }
  return table;
}

function referenceArms(rows: readonly AnswerRow[]): Map<string, AnswerRow[]> {
  return Map.groupBy(
    rows.filter((row) => row.arm !== NO_VIEW_ARM && row.arm !== POLICY_ARM),
    (row) => row.arm,
  );
}

function cell(rows: readonly AnswerRow[]): Cell {
  return { questions: rows.length, accuracy: meanOf(correctness(rows)), useful: meanOf(usefulness(rows)) };
}

interface NamedScore {
  readonly name: string;
  readonly value: number;
}

function scores(arms: Map<string, AnswerRow[]>, score: (rows: AnswerRow[]) => number | null): NamedScore[] {
  return [...arms].flatMap(([name, rows]) => {
    const value = score(rows);
    return value === null ? [] : [{ name, value }];
  });
}

/** The highest; ties to the name that sorts first, so that the answer does not depend on the order of the rows. */
function best(named: readonly NamedScore[]): NamedScore | null {
  return named.toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))[0] ?? null;
}

function anyRight(rows: readonly AnswerRow[]): number | null {
  const judged = Map.groupBy(
    rows.filter((row) => row.correct !== null),
    (row) => row.question_id,
  );
  if (judged.size === 0) return null;
  return [...judged.values()].filter((own) => own.some((row) => row.correct)).length / judged.size;
}

import type { Account } from "../contract/account.ts";
import type { MeasuredPolicy, ScoreRow, Tabulated } from "../contract/measurement.ts";
import { type Cell, type Column, plural, type Row, type Table } from "../contract/table.ts";
import { seedFor } from "../seed.ts";
import { type Observation, pairedBootstrap } from "../statistics/bootstrap.ts";
import { observationsOf, type Resampling } from "../statistics/scores.ts";

/** A cell with the rows behind it. */
export interface CellRows extends Omit<MeasuredPolicy, "measured"> {
  readonly measured: Omit<MeasuredPolicy["measured"], "rows">;
  readonly rows: readonly ScoreRow[];
}

/** Types that get a row each; more are a field that is no type. */
const MANY_TYPES = 40;

/**
 * Policies × benchmarks: accuracy with its 95 % interval, and against the first policy the paired change on the questions
 * that both answered. Under it a table of each benchmark by question type, and an account of each pass.
 */
export function tabulate(cells: readonly CellRows[], options: Resampling): Tabulated {
  const benchmarks = [...new Set(cells.map(({ measured }) => measured.benchmark))];
  const policies = [...new Set(cells.map(({ policy }) => policy))];
  const at = (policy: string, benchmark: string): CellRows | undefined =>
    cells.find((cell) => cell.policy === policy && cell.measured.benchmark === benchmark);
  const compared = policies.length > 1;
  const columns: Column[] = [
    { name: "policy", title: "policy", kind: "text" },
    ...benchmarks.flatMap((benchmark) =>
      columnsOf(
        cells.find(({ measured }) => measured.benchmark === benchmark)!,
        compared ? policies[0]! : null,
      ),
    ),
    { name: "digest", title: "digest", kind: "digest" },
  ];
  const rows = policies.map((policy): Row => {
    const own = benchmarks.flatMap((benchmark) => {
      const cell = at(policy, benchmark);
      const first = at(policies[0]!, benchmark);
      return cell ? Object.entries(cellsOf(cell, first, options)) : [];
    });
    const { digest = "" } = cells.find((cell) => cell.policy === policy) ?? {};
    return { policy, ...Object.fromEntries(own), digest };
  });
  return {
    tables: [{ columns, rows }, ...benchmarks.flatMap((benchmark) => typeTable(benchmark, policies, at))],
    accounts: cells.map(accountOf),
  };
}

function columnsOf({ measured }: CellRows, first: string | null): Column[] {
  const { benchmark, variant } = measured;
  const title = variant === undefined ? benchmark : `${benchmark}, ${variant}`;
  return [
    { name: benchmark, title, kind: "measured" },
    ...(first === null
      ? []
      : [{ name: `${benchmark} change`, title: `against ${first}`, kind: "change" } satisfies Column]),
    { name: `${benchmark} unparseable`, title: "unparseable", kind: "count" },
  ];
}

function cellsOf(cell: CellRows, first: CellRows | undefined, options: Resampling): Record<string, Cell> {
  const { measured, rows } = cell;
  const { benchmark, split, scores, counts } = measured;
  return {
    [benchmark]: scores["accuracy"] ?? null,
    [`${benchmark} change`]: first && first !== cell ? changeOf(first.rows, rows, split, options) : null,
    [`${benchmark} unparseable`]: counts["unparseable"] ?? null,
  };
}

/** The paired change as a mean with a half-width, so that it is drawn like every other number. */
function changeOf(from: readonly ScoreRow[], to: readonly ScoreRow[], split: string, options: Resampling): Cell {
  const of = (rows: readonly ScoreRow[]): Observation[] => observationsOf(rows, "accuracy", split);
  const paired = pairedBootstrap(of(from), of(to), { ...options, seed: seedFor(options.seed, "change") });
  return paired && { mean: paired.change, half: (paired.high - paired.low) / 2 };
}

function typeTable(
  benchmark: string,
  policies: readonly string[],
  at: (policy: string, benchmark: string) => CellRows | undefined,
): Table[] {
  const types = [...new Set(policies.flatMap((policy) => at(policy, benchmark)?.rows.map((row) => row.type) ?? []))];
  if (types.length < 2 || types.length > MANY_TYPES) return [];
  const rows = types.toSorted().map((type): Row => {
    const own = policies.map((policy) => at(policy, benchmark)?.rows.filter((row) => row.type === type) ?? []);
    const accuracies = policies.map((policy, place) => [policy, accuracyOf(own[place]!)] as const);
    return { type, questions: own[0]!.length, ...Object.fromEntries(accuracies) };
  });
  const columns: Column[] = [
    { name: "type", title: `${benchmark} by type`, kind: "text" },
    { name: "questions", title: "questions", kind: "count" },
    ...policies.map((policy): Column => ({ name: policy, title: policy, kind: "share" })),
  ];
  return [{ columns, rows }];
}

function accuracyOf(rows: readonly ScoreRow[]): number | null {
  const known = rows.flatMap(({ scores }) => scores["accuracy"] ?? []);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
}

function accountOf({ policy, measured }: CellRows): Account {
  const { benchmark, items, counts } = measured;
  return { of: `question of ${benchmark} to ${policy}`, total: items, parts: counts };
}

/** "2 questions of mmsi": for sentences about what was lost. */
export function lostOf({ policy, measured }: Pick<CellRows, "policy" | "measured">): string {
  const { benchmark, counts, items } = measured;
  return `${plural(counts["quarantined"] ?? 0, "answer")} of ${items} of ${policy} to ${benchmark}`;
}

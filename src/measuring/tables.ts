import { setImmediate } from "node:timers/promises";
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
 * that both answered. Under it a table of each benchmark's further scores, one by question type, and an account of each
 * pass.
 */
export async function tabulate(cells: readonly CellRows[], options: Resampling): Promise<Tabulated> {
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
  const rows: Row[] = [];
  for (const policy of policies) {
    const own: Record<string, Cell> = {};
    for (const benchmark of benchmarks) {
      const cell = at(policy, benchmark);
      if (cell) Object.assign(own, await cellsOf(cell, at(policies[0]!, benchmark), options));
    }
    const { digest = "" } = cells.find((cell) => cell.policy === policy) ?? {};
    rows.push({ policy, ...own, digest });
  }
  const tables: Table[] = [{ columns, rows }];
  for (const benchmark of benchmarks) {
    tables.push(...(await scoreTable(benchmark, policies, at, options)), ...typeTable(benchmark, policies, at));
  }
  return { tables, accounts: cells.map(accountOf) };
}

function columnsOf(cell: CellRows, first: string | null): Column[] {
  const { benchmark, variant } = cell.measured;
  const title = variant === undefined ? benchmark : `${benchmark}, ${variant}`;
  return [
    { name: benchmark, title, kind: "measured" },
    ...(first === null
      ? []
      : [{ name: `${benchmark} change`, title: `against ${first}`, kind: "change" } satisfies Column]),
    { name: `${benchmark} unparseable`, title: "unparseable", kind: "count" },
    ...furtherScores(cell, "all").map((score): Column => ({
      name: `${benchmark} ${score}`,
      title: score,
      kind: measuredKind(score),
    })),
  ];
}

async function cellsOf(
  cell: CellRows,
  first: CellRows | undefined,
  options: Resampling,
): Promise<Record<string, Cell>> {
  const { measured, rows } = cell;
  const { benchmark, split, scores, counts } = measured;
  return {
    [benchmark]: scores["accuracy"] ?? null,
    [`${benchmark} change`]:
      first && first !== cell ? await changeOf("accuracy", first.rows, rows, { ...options, split }) : null,
    [`${benchmark} unparseable`]: counts["unparseable"] ?? null,
    ...Object.fromEntries(furtherScores(cell, "all").map((score) => [`${benchmark} ${score}`, scores[score] ?? null])),
  };
}

/** Scores that every benchmark has, in the table of all. */
const OF_ALL = ["accuracy", "unparseable"];

/** Scores that a benchmark has beside its accuracy: of some of its items each, which have a table of their own, or of all. */
function furtherScores({ measured, rows }: CellRows, of: "parts" | "all"): string[] {
  const inParts = (score: string): boolean => rows.some(({ parts }) => parts?.[score] !== undefined);
  return Object.keys(measured.scores).filter((score) => !OF_ALL.includes(score) && inParts(score) === (of === "parts"));
}

/** A bias leans to one side or the other, so its sign is shown. */
function measuredKind(score: string): "change" | "measured" {
  return score.endsWith("bias") ? "change" : "measured";
}

/**
 * The paired change as a mean with a half-width, so that it is drawn like every other number. Of some thousand items it
 * takes seconds: others have their turn first, and the step's heartbeat is one of them.
 */
async function changeOf(
  score: string,
  from: readonly ScoreRow[],
  to: readonly ScoreRow[],
  { split, seed, resamples }: Resampling & { readonly split: string },
): Promise<Cell> {
  await setImmediate();
  const of = (rows: readonly ScoreRow[]): Observation[] => observationsOf(rows, score, split);
  const paired = pairedBootstrap(of(from), of(to), { resamples, seed: seedFor(seed, "change") });
  return paired && { mean: paired.change, half: (paired.high - paired.low) / 2 };
}

/** The scores of parts that a benchmark has beside its accuracy, a row each; none where it has none. */
async function scoreTable(
  benchmark: string,
  policies: readonly string[],
  at: (policy: string, benchmark: string) => CellRows | undefined,
  options: Resampling,
): Promise<Table[]> {
  const cells = policies.flatMap((policy) => at(policy, benchmark) ?? []);
  const [first, ...others] = cells;
  const names = first === undefined ? [] : furtherScores(first, "parts");
  if (first === undefined || names.length === 0) return [];
  const rows: Row[] = [];
  for (const score of names) {
    const questions = first.rows.filter(({ scores }) => scores[score] !== undefined).length;
    const row: Record<string, Cell> = { score, questions };
    for (const { policy, measured } of cells) row[policy] = measured.scores[score] ?? null;
    for (const { policy, rows: to, measured } of others) {
      row[`${policy} change`] = await changeOf(score, first.rows, to, { ...options, split: measured.split });
    }
    rows.push(row);
  }
  const columns: Column[] = [
    { name: "score", title: `${benchmark} score`, kind: "text" },
    { name: "questions", title: "questions", kind: "count" },
    ...cells.flatMap(({ policy }): Column[] => [
      { name: policy, title: policy, kind: "measured" },
      ...(policy === first.policy
        ? []
        : [{ name: `${policy} change`, title: `against ${first.policy}`, kind: "change" } satisfies Column]),
    ]),
  ];
  return [{ columns, rows }];
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

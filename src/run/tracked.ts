import { basename } from "node:path";
import type { Account } from "../contract/account.ts";
import { type Cell, shownCell, type Table, tableMarkdown } from "../contract/table.ts";
import type { Log } from "./logs.ts";

/** A picture of a part of the run. */
export interface Picture {
  /** The folder of that part: "iter_0". */
  readonly part: string;
  /** What it is called there: "pair 1/chosen". */
  readonly name: string;
  readonly caption: string;
  /** Absolute. */
  readonly file: string;
}

/** What trackers call a run: the whole of ours, or a part of it with a training. */
export interface TrackedRun {
  /** The same every time, whoever sends it. */
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly rows: readonly { readonly step: number; readonly values: Readonly<Record<string, number>> }[];
  readonly tables: readonly TrackedTable[];
  /** Numbers without a step. */
  readonly summary: Readonly<Record<string, number>>;
  readonly pictures: readonly Omit<Picture, "part">[];
}

interface TrackedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly markdown: string;
}

export interface Tracking {
  readonly run: string;
  readonly folder: string;
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
  readonly logs: readonly Log[];
  readonly pictures: readonly Picture[];
}

/**
 * A run as trackers take it: one of theirs with the tables, a step a row of the first, and one for each training, by
 * optimizer step. Called after the run's name and the time in its folder's, so that a run with another recipe, which
 * has another folder, is another one there too.
 */
export function trackedRuns({ run, folder, tables, accounts, logs, pictures }: Tracking): TrackedRun[] {
  const group = `${run}-${/\d{8}_\d{6}(_\d+)?$/.exec(folder)?.[0] ?? basename(folder)}`;
  const parts = new Set([...logs.map(({ title }) => title), ...pictures.map(({ part }) => part)]);
  const whole = { rows: stepsOf(tables), tables: tables.map(shown), summary: summaryOf(accounts), pictures: [] };
  return [
    { id: group, name: group, group, ...whole },
    ...[...parts].map((part) => ({
      id: `${group}-${part}`,
      name: `${group}-${part}`,
      group,
      rows: (logs.find(({ title }) => title === part)?.points ?? []).map(({ step, ...values }) => ({ step, values })),
      tables: [],
      summary: {},
      pictures: pictures.filter((each) => each.part === part).map(({ part: _, ...picture }) => picture),
    })),
  ];
}

/** The numbers of the first table, and those of rows in others that are called the same. */
function stepsOf([first, ...others]: readonly Table[]): TrackedRun["rows"] {
  if (first === undefined) return [];
  return first.rows.map((row, step) => {
    const name = labelOf(first, row);
    const same = others.flatMap((table) => {
      const found = table.rows.find((each) => labelOf(table, each) === name);
      return found === undefined ? [] : [numbersOf(table, found)];
    });
    return { step, values: Object.assign(numbersOf(first, row), ...same) as Record<string, number> };
  });
}

function labelOf({ columns }: Table, row: Table["rows"][number]): Cell | undefined {
  return row[columns[0]?.name ?? ""];
}

function numbersOf(table: Table, row: Table["rows"][number]): Record<string, number> {
  const named = table.columns.slice(1).flatMap(({ name, title }) => {
    const cell = row[name];
    const key = `${table.title ?? "table"}/${title}`;
    if (typeof cell === "number") return [[key, cell] as const];
    if (typeof cell !== "object" || cell === null) return [];
    return [[key, cell.mean] as const, [`${key} ±`, cell.half] as const];
  });
  return Object.fromEntries(named);
}

function shown(table: Table, place: number): TrackedTable {
  const { title, columns, rows } = table;
  return {
    name: title ?? (place === 0 ? "table" : `table ${place + 1}`),
    columns: columns.map((column) => column.title),
    rows: rows.map((row) => columns.map(({ name, kind }) => shownCell(row[name] ?? null, kind))),
    markdown: tableMarkdown(table),
  };
}

function summaryOf(accounts: readonly Account[]): Record<string, number> {
  const all = accounts.flatMap(({ of, total, parts }) => [
    [`${of}/total`, total] as const,
    ...Object.entries(parts).map(([part, many]) => [`${of}/${part}`, many] as const),
  ]);
  return Object.fromEntries(all);
}

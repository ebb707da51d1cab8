import type { RunResult } from "../contract/progress.ts";
import { plural, type Row } from "../contract/table.ts";

/** What a check found, by training, what is to be done below each; at the end what it comes to. */
export function checkLines({ tables, warnings }: RunResult): string[] {
  const rows = tables.flatMap((table) => table.rows);
  const byTraining = Map.groupBy(rows, (row) => text(row, "training"));
  const lines = [...byTraining].flatMap(([training, own]) => {
    const names = alignedLeft(own.map((row) => [text(row, "outcome"), text(row, "check")]));
    return [
      training,
      ...own.flatMap((row, at) => {
        const advice = text(row, "advice");
        return [
          `  ${names[at]!}   ${text(row, "seen")}`,
          ...(advice === "" ? [] : [`  ${" ".repeat(names[at]!.length)}   → ${advice}`]),
        ];
      }),
    ];
  });
  return [...lines, ...warnings.map((warning) => `Note: ${warning}`), summary(rows)];
}

/** How many of the checks failed. */
export function failedChecks({ tables }: Pick<RunResult, "tables">): number {
  return tables.flatMap((table) => table.rows).filter((row) => row["outcome"] === "failed").length;
}

function summary(rows: readonly Row[]): string {
  const of = (outcome: string): number => rows.filter((row) => row["outcome"] === outcome).length;
  const parts = ["passed", "failed", "not possible"].filter((outcome) => of(outcome) > 0);
  return `${plural(rows.length, "check")}: ${parts.map((outcome) => `${of(outcome)} ${outcome}`).join(", ")}.`;
}

function alignedLeft(rows: readonly (readonly [string, string])[]): string[] {
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join("   "));
}

function text(row: Row, name: string): string {
  const cell = row[name];
  return typeof cell === "string" ? cell : "";
}

import * as Plot from "@observablehq/plot";
import type { Column, Measured, Table } from "../../contract/table.ts";
import { measured, shownCell } from "../../contract/table.ts";
import { figure } from "./figure.ts";
import type { Html } from "./html.ts";

interface Point {
  readonly row: string;
  readonly what: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Columns of means that a table can be drawn by, row by row; null where it has none, or one row. */
export function measuredFigure(table: Table): Html | null {
  const columns = table.columns.filter(({ kind }) => kind === "measured");
  const points = columns.flatMap((column) => pointsOf(table, column));
  const rows = [...new Set(points.map(({ row }) => row))];
  const [first] = table.columns;
  if (first === undefined || rows.length < 2) return null;
  const series = [...new Set(points.map(({ what }) => what))];
  const several = series.length > 1;
  const top = Math.max(1, ...points.map(({ high }) => high));
  const bottom = Math.min(0, ...points.map(({ low }) => low));
  return figure({
    caption: `${series.join(", ")}: means with their 95 % intervals, by ${first.title}.`,
    description: points.map(({ row, what, mean, high }) => `${what}, ${row}: ${spoken(mean, high)}`).join("; "),
    height: 300,
    marginBottom: 40,
    ...(several && { fx: { domain: rows, label: first.title }, x: { axis: null, domain: series } }),
    ...(!several && { x: { domain: rows, label: first.title, type: "point" as const } }),
    y: { domain: [bottom, top], grid: true, label: several ? "mean" : series[0]! },
    color: { domain: series, legend: several },
    marks: [
      Plot.ruleY([0]),
      ...(several ? [] : [Plot.line(points, { x: "row", y: "mean", stroke: "what", strokeOpacity: 0.4 })]),
      Plot.ruleX(points, { ...across(several), y1: "low", y2: "high", stroke: "what", strokeWidth: 2 }),
      Plot.dot(points, { ...across(several), y: "mean", fill: "what", r: 5, title: (each: Point) => titleOf(each) }),
    ],
  });
}

function across(several: boolean) {
  return several ? { fx: "row", x: "what" } : { x: "row" };
}

function pointsOf({ columns, rows }: Table, { name, title }: Column): Point[] {
  const [first] = columns;
  return rows.flatMap((row) => {
    const cell = row[name];
    if (first === undefined || typeof cell !== "object" || cell === null) return [];
    const { mean, half }: Measured = cell;
    return [
      { row: shownCell(row[first.name] ?? null, first.kind), what: title, mean, low: mean - half, high: mean + half },
    ];
  });
}

function titleOf({ row, what, mean, high }: Point): string {
  return `${what}, ${row}: ${spoken(mean, high)}`;
}

function spoken(mean: number, high: number): string {
  return measured({ mean, half: high - mean });
}

import type { Column, Row, Table } from "../../../contract/table.ts";

const COLUMNS: readonly Column[] = [
  { name: "stage", title: "training", kind: "text" },
  { name: "queries", title: "queries", kind: "count" },
  { name: "steps", title: "steps", kind: "count" },
  { name: "loss", title: "loss", kind: "number" },
  { name: "kl", title: "KL", kind: "number" },
  { name: "beta", title: "β", kind: "number" },
  { name: "reward", title: "val. reward", kind: "number" },
  { name: "selector", title: "selector", kind: "digest" },
];

/** The trainings of a run so far; metrics that a stage does not have stay empty. */
export function trainingTable(rows: readonly Row[]): Table {
  return { title: "Trainings", columns: COLUMNS, rows };
}

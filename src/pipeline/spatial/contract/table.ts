import type { Column, Row, Table } from "../../../contract/table.ts";

/** What a training came to. */
export interface TrainedRow extends Row {
  readonly stage: string;
  readonly rows: number;
  readonly steps: number | null;
  /** Means over the last steps. */
  readonly loss: number | null;
  readonly reward: number | null;
  readonly kl: number | null;
  readonly policy: string;
}

const COLUMNS: readonly Column[] = [
  { name: "stage", title: "training", kind: "text" },
  { name: "rows", title: "rows", kind: "count" },
  { name: "steps", title: "steps", kind: "count" },
  { name: "loss", title: "loss", kind: "number" },
  { name: "reward", title: "reward", kind: "number" },
  { name: "kl", title: "KL", kind: "number" },
  { name: "policy", title: "policy", kind: "digest" },
];

/** The trainings of a run so far. */
export function trainingTable(rows: readonly TrainedRow[]): Table {
  return { columns: COLUMNS, rows };
}

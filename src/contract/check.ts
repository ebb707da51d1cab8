import type { Column, Table } from "./table.ts";
import type { RunRef } from "./run.ts";
import type { TrainJob } from "./training.ts";

/** How completions are drawn; every setting is said. */
export interface CheckSampling {
  readonly temperature: number;
  readonly top_p: number;
  readonly top_k: number;
  readonly min_p: number;
  readonly repetition_penalty: number;
  readonly max_new_tokens: number;
}

/** A training of a recipe, as it can be tried before anything has run. */
export interface CheckedTraining {
  /** What people call it: "stage 1 of 3 (sft)". */
  readonly title: string;
  /** It starts from the checkpoint that the recipe names, whatever the run's own would start from. */
  readonly job: TrainJob;
  /** sampled: the rows have no answers yet; the run samples them, and a check makes some. */
  readonly answers: "given" | "sampled";
  /** How the run draws completions; of a training that draws its own, those. */
  readonly sampling: CheckSampling;
  /** What is not the run's own here, as a sentence; absent where all is. */
  readonly note?: string;
}

/** What a pipeline's step for checks says of its recipe. */
export interface CheckOwn {
  readonly trainings: readonly CheckedTraining[];
}

/** How a check is made. */
export interface HowChecked {
  /** The pipeline's step that opens a recipe to be checked. */
  readonly step: string;
  /** A checkpoint of MLX that speaks in place of the recipe's: its folder or its name; absent: the recipe's own. */
  readonly mlx?: string;
}

export interface CheckInput extends CheckedTraining {
  readonly run: RunRef;
  readonly mlx?: string;
}

/** passed, failed, or not possible here: nothing is known then. */
export type Outcome = "passed" | "failed" | "not possible";

/** One thing that was looked at. */
export interface Finding {
  /** One word: "prompts". */
  readonly check: string;
  readonly outcome: Outcome;
  /** What was seen, as a sentence. */
  readonly seen: string;
  /** What to do about it; empty where nothing is. */
  readonly advice: string;
}

/** Steps of a check, on the training role's devices. */
export interface CheckSteps {
  checkTraining(input: CheckInput): Promise<readonly Finding[]>;
}

const COLUMNS: readonly Column[] = [
  { name: "training", title: "training", kind: "text" },
  { name: "check", title: "check", kind: "text" },
  { name: "outcome", title: "outcome", kind: "text" },
  { name: "seen", title: "seen", kind: "text" },
  { name: "advice", title: "what to do", kind: "text" },
];

/** What was found of every training so far. */
export function checkTable(found: readonly { readonly title: string; readonly findings: readonly Finding[] }[]): Table {
  const rows = found.flatMap(({ title, findings }) =>
    findings.map(({ check, outcome, seen, advice }) => ({ training: title, check, outcome, seen, advice })),
  );
  return { columns: COLUMNS, rows };
}

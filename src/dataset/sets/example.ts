import type { Question } from "../question.ts";

/** What SFT learns from: a prompt about images, and the answer to give. */
export interface Demonstration {
  readonly id: string;
  /** Names relative to the data set's image_root; all of them stand before the prompt. */
  readonly image: readonly string[];
  /** What the system says, where the data has it. */
  readonly system?: string;
  /** The text alone, without image markers. */
  readonly prompt: string;
  readonly answer: string;
}

/** What DPO learns from: two answers to one prompt, of which the first is the better one. */
export interface Preference {
  readonly id: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** How an answer to a task is judged: by the number that it states, or by the text or letter that it gives. */
export type TaskKind = "spatial" | "counting";

/** What GRPO learns from: a prompt with a truth that an answer can be checked against. */
export interface Task {
  readonly id: string;
  readonly image: readonly string[];
  readonly prompt: string;
  /** Of a counting task a whole number in digits; else a text, "true" or "false", or an option's letter. */
  readonly truth: string;
  readonly kind: TaskKind;
}

/** The neutral shapes that a row can become, and a benchmark's item. */
export interface Examples {
  readonly demonstration: Demonstration;
  readonly preference: Preference;
  readonly task: Task;
  readonly item: Question;
}

/** What an example is for: SFT, DPO, GRPO, a benchmark. */
export type ExampleKind = keyof Examples;

export type Fields = Readonly<Record<string, unknown>>;

/** The examples of one row (a conversation has several), or what is wrong with it, as the end of a sentence. */
export type ReadExamples<E> = { readonly examples: readonly E[] } | { readonly id?: string; readonly problem: string };

/**
 * Reads one row, by itself.
 * @param number its place in its file, counted from 1: its id, where it has none
 */
export type ExampleReader<E> = (row: Fields, number: number) => ReadExamples<E>;

/** A data set of the field: how its rows are told. What a row of it cannot become is absent. */
export interface DataSet {
  /** What is read of a row; parquet files are read by column. */
  readonly fields: readonly string[];
  /** Which of them hold images, or name them. */
  readonly imageFields: readonly string[];
  /** Where the address of an image is that its rows do not bring along. */
  readonly addressField?: string;
  /** What a row says of where it comes from, for counts of shares. */
  readonly labels: readonly string[];
  /** Rows with the same in this field are read together: the reader is given {rows}, in the order of the file. */
  readonly groupedBy?: string;
  readonly as: { readonly [K in ExampleKind]?: ExampleReader<Examples[K]> };
}

import type { z } from "zod";
import type { Question } from "../dataset/question.ts";
import type { DataSetName } from "../dataset/sets/index.ts";
import type { Message } from "../model/vlm/backend.ts";
import type { Score } from "./scores.ts";

/** What a judge makes of an answer. */
export interface Verdict {
  /** What was read of it; null when nothing that can be an answer is in it. */
  readonly said: string | null;
  readonly correct: boolean;
}

/** Questions with a judge: how a policy is asked, and whether it was right. */
export interface Benchmark<S = unknown> {
  /** Settings of its own in a recipe; all of them determine the result. */
  readonly settings: z.ZodType<S>;
  /** The data set whose rows are read as they are published; absent where items come as rows of questions. */
  readonly set?: DataSetName;
  /** Scores beside the accuracy, in the order in which they are shown. Their parts are known at import: see `problem`. */
  readonly scores?: Readonly<Record<string, Score>>;
  /** What of the settings people must know to compare a number: "strict". */
  readonly variant: (settings: S) => string;
  /** The item as it is shown, where the seed decides that: which of two images comes first. The truth goes with it. */
  readonly arranged?: (item: Question, seed: number) => Question;
  /**
   * Why an item cannot be judged, as the end of a sentence; undefined when it can. Asked at import.
   * @param pixels digests of its images' pixels, in its order; absent as long as nobody has looked at them
   */
  readonly problem: (item: Question, pixels?: readonly string[]) => string | undefined;
  /** What the policy is shown. `images` are absolute paths in the item's order. */
  readonly ask: (item: Question, images: readonly string[], settings: S) => Message[];
  /** Judges a whole answer. @throws {RangeError} for an item without a true answer, which the import refuses */
  readonly judge: (item: Question, text: string, settings: S) => Verdict;
  /** What it measures beside the accuracy, by name: of one answer; null where that cannot tell. */
  readonly measures?: Readonly<Record<string, (answer: Judged) => number | null>>;
}

/** A judged answer, as `measures` see it. */
export interface Judged {
  readonly truth: string;
  readonly text: string;
  readonly said: string | null;
}

import type { z } from "zod";
import type { Message } from "../model/vlm/backend.ts";
import type { Scored } from "../reward/reward.ts";
import type { CommonSettings } from "./common.ts";
import type { SettingsRule } from "./rules.ts";

/** A row that is trained on, whatever the algorithm. */
export interface TrainRow {
  readonly id: string;
  /** Names relative to the job's image root. */
  readonly image: readonly string[];
  /** Digest of the policy that sampled it; empty for rows of the user's own. */
  readonly policy: string;
}

/** In an artifact with rows to train on: sha256 of every image that they show, by name. */
export const IMAGES_FILE = "images.json";

/** The digests of the images that rows show, as IMAGES_FILE has them. @param digestOf of an image by its name */
export function imageDigests(
  rows: readonly Pick<TrainRow, "image">[],
  digestOf: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const names = new Set(rows.flatMap((row) => row.image));
  return Object.fromEntries(
    [...names].toSorted().flatMap((name) => {
      const digest = digestOf(name);
      return digest === undefined ? [] : [[name, digest]];
    }),
  );
}

/** What a completion is worth, by its row and its text. */
export interface Judge {
  /** Why a row cannot be judged, as the end of a sentence that begins with the row; null where it can. */
  readonly problem: (row: TrainRow) => string | null;
  readonly score: (row: TrainRow, text: string) => Scored | Promise<Scored>;
}

/** Judges that a recipe brings itself, by the names that it has for them. */
export type OwnJudges = Readonly<Record<string, Judge>>;

/** How a policy is made from rows: a file of this room for each way, and one of the trainer's. */
export interface Algorithm<S extends CommonSettings = CommonSettings> {
  readonly settings: z.ZodType<S>;
  /** What the rows are called in the artifacts that bring them, and all of them in the artifact that is trained. */
  readonly files: { readonly rows: string; readonly joined: string };
  /** What its own settings say together; what holds for all is in rules.ts. */
  readonly rules: readonly SettingsRule<S>[];
  /** Optimizer steps that it makes of so many rows; 0 where they are too few for one. */
  readonly steps: (rows: number, settings: S) => number;
  /** Sentences about what the numbers of a training, step by step, mean to a person. */
  readonly warnings?: (log: readonly Readonly<Record<string, number>>[], rows: number, settings: S) => string[];
  /** Who is asked, while it trains, what a completion is worth; absent where nobody is. */
  readonly judge?: (settings: S, own: OwnJudges) => Judge;
  /** Judges that its settings name and the house does not have: programs and addresses of the recipe's. */
  readonly ownJudges?: (settings: S) => string[];
  /**
   * The runner that asks the reference about rows, once for all trainings on them: it writes reference.json, in the
   * order of the rows. null where every batch asks anew.
   */
  readonly cached?: (settings: S) => string | null;
  /** What of the settings determines the result, as it stands in the key. */
  readonly keyed: (settings: S) => object;
  /** What the rows ask; `images` makes names absolute. A merge is looked at on them. */
  readonly prompts: (rows: readonly TrainRow[], images: (names: readonly string[]) => string[]) => Message[][];
}

import type { z } from "zod";
import type { Message } from "../model/vlm/backend.ts";
import type { Scored } from "../reward/reward.ts";
import type { CommonSettings } from "./common.ts";

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

/** Judges an answer that a policy gave to a row. */
export type Judge = (row: TrainRow, text: string) => Scored;

/** How a policy is made from rows: a file of this room for each way, and one of the trainer's. */
export interface Algorithm<S extends CommonSettings = CommonSettings> {
  readonly settings: z.ZodType<S>;
  /** What the rows are called in the artifacts that bring them, and all of them in the artifact that is trained. */
  readonly files: { readonly rows: string; readonly joined: string };
  /** How often a row is in an epoch's batches, where it is not once: GRPO's batches are made of completions. */
  readonly repeats?: (settings: S) => number;
  /** Sentences about what the numbers of a training, step by step, mean to a person. */
  readonly warnings?: (log: readonly Readonly<Record<string, number>>[], rows: number) => string[];
  /** What an answer to a row is worth, where the trainer asks for that while it works. */
  readonly judge?: (settings: S) => Judge;
  /** What of the settings determines the result, as it stands in the key. */
  readonly keyed: (settings: S) => object;
  /** What the rows ask; `images` makes names absolute. A merge is looked at on them. */
  readonly prompts: (rows: readonly TrainRow[], images: (names: readonly string[]) => string[]) => Message[][];
}

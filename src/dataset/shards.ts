import type { Question } from "./question.ts";
import { StepFailure } from "../failure.ts";
import { seedFor } from "../seed.ts";

/**
 * Questions that share a picture or a scene, directly or through others: what a split must not tear apart.
 * @returns groups in the order of their first question, questions in the order given
 */
export function pictureGroups(questions: readonly Question[]): Question[][] {
  const parent = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let above = parent.get(root); above !== undefined && above !== root; above = parent.get(root)) root = above;
    parent.set(name, root);
    return root;
  };
  for (const { images, scene } of questions) {
    for (const image of images) parent.set(rootOf(image), rootOf(images[0]!));
    // By default a scene is called as its first image is, so they share their names.
    parent.set(rootOf(scene), rootOf(images[0]!));
  }
  return [...Map.groupBy(questions, (question) => rootOf(question.images[0]!)).values()];
}

export interface SplitSettings {
  readonly seed: number;
  readonly shards: number;
  readonly heldOut: { readonly val: number; readonly test: number };
  readonly maxSamples?: number | undefined;
}

/** What shards.json holds: ids of questions. No picture is in two of test, val and training. */
export interface Split {
  /** The training questions, shuffled; question i is in shard i % n. */
  readonly shards: readonly (readonly string[])[];
  readonly val: readonly string[];
  readonly test: readonly string[];
  readonly leftOut: LeftOut;
}

/** Questions that are neither held out nor trained on. */
export interface LeftOut {
  /** They share a picture or a scene, directly or through others, with a question that is held out. */
  readonly besideHeldOut: number;
  /** More than data.max_samples asks for. */
  readonly aboveMaxSamples: number;
}

/**
 * Splits a data set. Held-out questions are taken in groups that share pictures (a scene is in one group); of the last
 * group only as many as are asked for.
 *
 * The order comes from hashing ids with the seed, not from a shuffle of the rows: the same questions give the same
 * split in whatever order the file has them.
 * @throws {StepFailure} BadInput when fewer questions are left than there are shards
 */
export function splitQuestions(questions: readonly Question[], settings: SplitSettings): Split {
  const { seed, shards: n, heldOut } = settings;
  const order = byHash(questions, (question) => seedFor(seed, "question", question.id));
  const groups = byHash(pictureGroups(order), ([first]) => seedFor(seed, "group", first!.id));
  const take = (wanted: number): string[] => {
    const ids: string[] = [];
    while (ids.length < wanted && groups.length > 0) ids.push(...groups.shift()!.map((question) => question.id));
    return ids.slice(0, wanted);
  };
  const test = take(heldOut.test);
  const val = take(heldOut.val);
  const free = new Set(groups.flat());
  const possible = order.filter((question) => free.has(question));
  const training = possible.slice(0, settings.maxSamples);

  if (test.length < heldOut.test || val.length < heldOut.val || training.length < n) {
    throw new StepFailure(
      "BadInput",
      `The data has ${questions.length} questions: after ${test.length} of ${heldOut.test} for data.held_out.test and ${val.length} of ${heldOut.val} ` +
        `for data.held_out.val (with all that share their pictures), ${training.length} are left for ${n} iterations; more questions or a smaller held_out are needed.`,
    );
  }
  const shards = Array.from({ length: n }, (_, shard) =>
    training.filter((_question, i) => i % n === shard).map((question) => question.id),
  );
  const leftOut = {
    besideHeldOut: questions.length - test.length - val.length - possible.length,
    aboveMaxSamples: possible.length - training.length,
  };
  return { shards, val, test, leftOut };
}

function byHash<T>(values: readonly T[], hashOf: (value: T) => string): T[] {
  return values
    .map((value) => ({ value, hash: hashOf(value) }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ value }) => value);
}

import { StepFailure } from "../../failure.ts";
import { seedFor } from "../../seed.ts";

/** One data set of a mixture. */
export interface Ingredient<E> {
  /** Unlike every other's. */
  readonly name: string;
  /** Each id once. */
  readonly examples: readonly E[];
  /** Its share of the mixture is this over the sum of all; given for all data sets or for none. */
  readonly weight?: number | undefined;
  /** Use at most so many of its examples, chosen by the seed. */
  readonly limit?: number | undefined;
}

/** An example with the data set that it is from. */
export interface Mixed<E> {
  readonly set: string;
  readonly example: E;
}

/** A quotient that is whole but for the rounding of numbers. */
const EPSILON = 1e-9;

/**
 * How many examples of each data set a mixture takes: its share of `total`, rounded by the largest remainder, so that
 * the counts add up to it exactly (ties go to the name that comes first). No example is taken twice.
 * @param total left out: as many as there can be; without weights, all
 * @throws {StepFailure} BadInput for weights that are none, and where a data set has too few examples
 */
export function mixtureCounts(
  sets: readonly { readonly name: string; readonly available: number; readonly weight?: number | undefined }[],
  total?: number,
): ReadonlyMap<string, number> {
  const weights = weightsOf(sets);
  const sum = weights.reduce((all, each) => all + each, 0);
  const most = Math.min(
    ...sets.map(({ available }, at) =>
      weights[at]! > 0 ? Math.floor((available * sum) / weights[at]! + EPSILON) : Infinity,
    ),
  );
  const wanted = total ?? most;
  const quotas = sets.map(({ name, available }, at) => {
    const quota = (wanted * weights[at]!) / sum;
    const whole = Math.floor(quota + EPSILON);
    return { name, available, whole, rest: quota - whole };
  });
  const left = wanted - quotas.reduce((all, { whole }) => all + whole, 0);
  const larger = new Set(
    quotas
      .toSorted((a, b) => (Math.abs(b.rest - a.rest) > EPSILON ? b.rest - a.rest : a.name < b.name ? -1 : 1))
      .slice(0, left),
  );
  return new Map(
    quotas.map((each) => {
      const count = each.whole + (larger.has(each) ? 1 : 0);
      if (count > each.available) {
        throw new StepFailure(
          "BadInput",
          `A mixture of ${wanted} examples takes ${count} of ${each.name}, which has ${each.available}; at most ${most} can be mixed so.`,
        );
      }
      return [each.name, count];
    }),
  );
}

function weightsOf(
  sets: readonly { readonly name: string; readonly available: number; readonly weight?: number | undefined }[],
): number[] {
  const bad = sets.find(({ weight = 1 }) => !(Number.isFinite(weight) && weight >= 0));
  if (bad) throw new StepFailure("BadInput", `The weight of ${bad.name} is ${bad.weight}; a number from 0 is needed.`);
  const twice = sets.find(({ name }, at) => sets.findIndex((each) => each.name === name) < at);
  if (twice)
    throw new StepFailure("BadInput", `Two data sets of a mixture are called ${twice.name}; names must differ.`);
  const weighted = sets.filter(({ weight }) => weight !== undefined);
  if (weighted.length > 0 && weighted.length < sets.length) {
    const without = sets.find(({ weight }) => weight === undefined)!;
    throw new StepFailure(
      "BadInput",
      `${without.name} has no weight, but ${weighted[0]!.name} has; all or none need one.`,
    );
  }
  const weights = sets.map(({ weight, available }) => weight ?? available);
  if (!weights.some((each) => each > 0)) {
    throw new StepFailure("BadInput", "A mixture needs examples, and a weight above 0 for one data set at least.");
  }
  return weights;
}

/**
 * Mixes data sets: of each as many examples as its share, chosen and put in order by hashing names and ids with the
 * seed. The same examples give the same mixture, in whatever order sets and files have them; a smaller mixture is not
 * the beginning of a larger one.
 * @throws {StepFailure} BadInput as mixtureCounts
 */
export function mix<E extends { readonly id: string }>(
  sets: readonly Ingredient<E>[],
  { seed, total }: { readonly seed: number; readonly total?: number | undefined },
): Mixed<E>[] {
  const limited = sets.map(({ name, examples, weight, limit = Infinity }) => ({
    name,
    weight,
    available: Math.min(examples.length, limit),
  }));
  const counts = mixtureCounts(limited, total);
  const taken = sets.flatMap(({ name, examples }) => {
    const hashed = examples.map((example) => ({ set: name, example, hash: seedFor(seed, "mix", name, example.id) }));
    return hashed.toSorted(byHash).slice(0, counts.get(name));
  });
  return taken
    .map(({ set, example }) => ({ set, example, hash: seedFor(seed, "order", set, example.id) }))
    .toSorted(byHash)
    .map(({ set, example }) => ({ set, example }));
}

function byHash(a: { readonly hash: string }, b: { readonly hash: string }): number {
  return a.hash < b.hash ? -1 : 1;
}

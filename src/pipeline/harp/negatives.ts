import { FAULTS, type Fault, judgePlan } from "../../reward/plan/judge.ts";
import { spoil } from "../../reward/plan/negatives.ts";
import { wantedOf } from "../../reward/plan/truth.ts";
import { seedFor } from "../../seed.ts";

/** A wrong plan and what is wrong with it first, a line of negatives.jsonl. */
export interface Negative {
  readonly id: string;
  readonly image: string;
  readonly task: string;
  readonly plan: string;
  readonly error_type: Fault;
  /** Made by rule from the right plan, where the policy's own samples had none of this type. */
  readonly made: boolean;
}

export interface PlannedTask {
  readonly id: string;
  readonly image: string;
  readonly task: string;
  readonly truth: string;
}

export interface Sampled {
  readonly id: string;
  /** null where the model was lost at it. */
  readonly text: string | null;
}

export interface NegativesOf {
  readonly negatives: readonly Negative[];
  /** What became of every sample. */
  readonly parts: Readonly<Record<string, number>>;
}

/**
 * Wrong plans by type: of each type so many as its share of all that are wanted, sampled ones first, and made by rule
 * where there are too few.
 * @param total negatives that are wanted
 * @param shares by type; they add up to 1
 */
export function typedNegatives(
  tasks: readonly PlannedTask[],
  samples: readonly Sampled[],
  { total, shares, seed }: { total: number; shares: Readonly<Record<Fault, number>>; seed: number },
): NegativesOf {
  const known = new Map(tasks.map((each) => [each.id, each]));
  const parts = { ...Object.fromEntries(FAULTS.map((fault) => [fault, 0])), right: 0, equal: 0, quarantined: 0 };
  const counts = parts as Record<string, number>;
  const found = new Map<Fault, Negative[]>(FAULTS.map((fault) => [fault, []]));
  const seen = new Set<string>();
  for (const { id, text } of samples) {
    const { image, task, truth } = known.get(id)!;
    const wanted = wantedOf(truth);
    if ("problem" in wanted) throw new RangeError(`task ${id} ${wanted.problem}`);
    const fault = text === null ? undefined : judgePlan(text, wanted).fault;
    const twice = seen.has(JSON.stringify([id, text]));
    seen.add(JSON.stringify([id, text]));
    const where = fault === undefined ? "quarantined" : fault === null ? "right" : twice ? "equal" : fault;
    counts[where]! += 1;
    if (fault && !twice) found.get(fault)!.push({ id, image, task, plan: text!, error_type: fault, made: false });
  }
  const negatives = FAULTS.flatMap((fault) => {
    const wanted = Math.round(total * shares[fault]);
    const own = byHash(found.get(fault)!, (each) => seedFor(seed, fault, each.id, each.plan)).slice(0, wanted);
    const made = byHash(tasks, (each) => seedFor(seed, "made", fault, each.id)).flatMap((each) => {
      const right = wantedOf(each.truth);
      if ("problem" in right) return [];
      const { id, image, task } = each;
      const plan = spoil(right, fault);
      return plan === null ? [] : [{ id, image, task, plan, error_type: fault, made: true }];
    });
    return [...own, ...made.slice(0, wanted - own.length)];
  });
  return { negatives, parts: counts };
}

function byHash<T>(all: readonly T[], hashOf: (each: T) => string): T[] {
  return all
    .map((each) => ({ each, hash: hashOf(each) }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ each }) => each);
}

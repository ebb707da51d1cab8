import type { ForeignQuestion } from "./foreign-rows.ts";

/** What a run folder says of who sampled an iteration. */
export interface Evidence {
  /** Text of the scripts' log, iterative_dpo.log; empty where there is none. */
  readonly log: string;
  /** The iteration at which the run was resumed last, as its config says; 0 where it was not. */
  readonly resumedAt: number;
  /** Earlier iterations that made a policy, the newest last. */
  readonly made: readonly { readonly iteration: number; readonly policy: string | undefined }[];
}

/** Whether an iteration was sampled by the policy that the one before it made: the sentence that says what is wrong. */
export type Sampled = { readonly problem: string } | { readonly note: string } | null;

/**
 * On-policy means that the newest policy sampled: the base at first. The scripts' log names the checkpoint; without it,
 * a run that was resumed is known to have sampled from the base there; samples of Snowball name their policy.
 */
export function sampledBy(iteration: number, questions: readonly ForeignQuestion[], evidence: Evidence): Sampled {
  const newest = evidence.made.at(-1);
  const policies = new Set(questions.flatMap(({ samples }) => samples.flatMap(({ policy }) => policy ?? [])));
  if (policies.size > 1) return { problem: `its samples come from ${policies.size} policies.` };
  const [policy] = policies;
  if (policy !== undefined && newest?.policy !== undefined) {
    return policy === newest.policy
      ? null
      : { problem: `it was sampled by another policy than the one that iter_${newest.iteration} made: off-policy.` };
  }
  const path = loggedPath(evidence.log, iteration);
  if (path !== undefined) {
    const from = /(iter_\d+)[/\\]model_merged[/\\]?$/.exec(path)?.[1];
    const wanted = newest === undefined ? undefined : `iter_${newest.iteration}`;
    if (from === wanted) return null;
    return { problem: `its log says that ${from ?? "the base"} sampled it, not ${wanted ?? "the base"}: off-policy.` };
  }
  if (newest === undefined) return null;
  if (evidence.resumedAt === iteration) {
    return { problem: "the run was resumed here, where these scripts sample from the base: off-policy." };
  }
  return { note: "nothing in the folder says which policy sampled it." };
}

/** The checkpoint that the log names for an iteration; the last one, where it was begun several times. */
function loggedPath(log: string, iteration: number): string | undefined {
  const lines = log.matchAll(/\[Iter (\d+)\] Step A: On-policy rollout with (.+)$/gm);
  return [...lines]
    .filter(([, number]) => Number(number) === iteration)
    .at(-1)?.[2]
    ?.trim();
}

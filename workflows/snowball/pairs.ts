import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { SelectedPairs } from "../../src/pipeline/snowball/contract/plan.ts";
import type { SnowballSteps } from "../../src/pipeline/snowball/contract/steps.ts";
import { inChild } from "../stages/fan-out.ts";
import { controlSteps } from "../stages/steps.ts";
import { labelQuestions } from "./label.ts";
import { account, atRound, type Loop, titleOf } from "./loop.ts";

export interface Labeled {
  readonly index: ArtifactRef;
  /** The policy that sampled the shard, and its digest. */
  readonly policy: PolicyRef;
  readonly digest: string;
}

/** Samples a shard with the policy in place (or with the base, where the recipe asks for that control). */
export async function labelShard(loop: Loop, shard: number): Promise<Labeled> {
  const { plan, run, board } = loop;
  const { shards, chunk, schedule, numRollouts, rolloutsFrom } = plan.own;
  atRound(loop, shard, "label", "rollout, imagine and score");
  const sampler =
    rolloutsFrom === "base"
      ? { policy: plan.policy, digest: plan.digest }
      : { policy: loop.policy, digest: loop.policyDigest };
  const child = `${run.name}/iter-${shard}`;
  const input = {
    run,
    limits: plan.limits,
    list: { set: "shard", shard } as const,
    questions: shards[shard] ?? 0,
    perChunk: chunk.questions,
    window: chunk.window,
    schedule,
    source: "sampled" as const,
    completions: numRollouts,
    policy: sampler.policy,
    title: titleOf(loop, shard),
  };
  const index = await board.following(child, () => inChild(labelQuestions, child, input));
  return { index, ...sampler };
}

/** Pairs the best sample of each question with its worst, and accounts for every sample and question. */
export async function selectPairs(
  loop: Loop,
  shard: number,
  { index, policy, digest }: Labeled,
): Promise<SelectedPairs> {
  const { plan, run } = loop;
  atRound(loop, shard, "pairs", "selecting pairs");
  const { selectPairs } = controlSteps<SnowballSteps>(plan.limits);
  const summary = `select pairs · ${titleOf(loop, shard)}`;
  const selected = await selectPairs.executeWithOptions({ summary }, [run, shard, index, policy]);
  take(loop, selected, digest);
  return selected;
}

/** Takes pairs of the user's own instead of making some. */
export function takeGivenPairs(loop: Loop, given: SelectedPairs): SelectedPairs {
  atRound(loop, 0, "pairs", "taking the pairs of the recipe");
  take(loop, given, null);
  return given;
}

function take(loop: Loop, { pairs, summary }: SelectedPairs, sampledBy: string | null): void {
  loop.pairs.push({ ref: pairs, sampledBy });
  loop.warnings.push(...summary.warnings);
  account(loop, summary.ledger);
}

import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import { addLedgers } from "../../src/contract/ledger.ts";
import type { SelectedPairs } from "../../src/contract/run.ts";
import { labelInChild } from "./label.ts";
import { type Loop, titleOf } from "./loop.ts";

export interface Labeled {
  readonly index: ArtifactRef;
  /** The policy that sampled the shard. */
  readonly policy: PolicyRef;
}

/** Samples a shard with the policy in place (or with the base, where the recipe asks for that control). */
export async function labelShard(loop: Loop, shard: number): Promise<Labeled> {
  const { plan, board } = loop;
  const policy = plan.rolloutsFrom === "base" ? plan.base : loop.policy;
  const child = `${plan.run.name}/iter-${shard}`;
  board.set({ iteration: shard, stage: "label", child });
  const input = { plan, set: "shard", shard, source: "sampled", policy, title: titleOf(loop, shard) } as const;
  const index = await labelInChild(input, child);
  board.set({ child: null });
  return { index, policy };
}

/** Pairs the best sample of each question with its worst, and accounts for every sample and question. */
export async function selectPairs(loop: Loop, shard: number, labeled: Labeled): Promise<SelectedPairs> {
  const { plan, board, steps } = loop;
  board.set({ stage: "pairs" });
  const selected = await steps.control.selectPairs.executeWithOptions(
    { summary: `select pairs · ${titleOf(loop, shard)}` },
    [plan.run, shard, labeled.index, labeled.policy],
  );
  take(loop, selected, labeled.policy);
  return selected;
}

/** Takes pairs of the user's own instead of making some. */
export function takeGivenPairs(loop: Loop, given: SelectedPairs): SelectedPairs {
  loop.board.set({ iteration: 0, stage: "pairs" });
  take(loop, given, null);
  return given;
}

function take({ board, pairs, warnings }: Loop, selected: SelectedPairs, policy: PolicyRef | null): void {
  pairs.push({ pairs: selected.pairs, policy });
  warnings.push(...selected.summary.warnings);
  board.set({ ledger: addLedgers(board.state.ledger, selected.summary.ledger) });
}

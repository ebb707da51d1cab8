import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { ServerBlock } from "../../src/contract/server.ts";
import type { AskedBenchmark } from "../../src/contract/benchmark.ts";
import type {
  JudgedChains,
  UnifiedRewardOwn,
  UnifiedRewardSteps,
} from "../../src/pipeline/unified-reward/contract/plan.ts";
import { account, atStage, type Chain, titleOf } from "../stages/chain.ts";
import { inChild } from "../stages/fan-out.ts";
import { answerBenchmark } from "../stages/measure.ts";
import { controlSteps } from "../stages/steps.ts";

/** Who is asked for chains. */
export interface Sampler {
  /** What accounts and sentences call it. */
  readonly who: string;
  readonly policy: PolicyRef;
  /** Who serves it, where that is not who serves the policies of the run. */
  readonly server?: ServerBlock | undefined;
}

/**
 * A policy judges every pair, several chains each; pairs that are left wanting are asked again under new seeds, so
 * often as the recipe allows. Every round is a child that streams chunks of pairs.
 */
export async function sampleChains(
  chain: Chain<UnifiedRewardOwn>,
  at: number,
  { who, policy, server }: Sampler,
): Promise<ArtifactRef> {
  const { run, limits, own } = chain.plan;
  const sampling = own.sampling!;
  const { judgeChains } = controlSteps<UnifiedRewardSteps>(limits);
  const answers: ArtifactRef[] = [];
  let asked: AskedBenchmark | null = sampling.pairs;
  let judged: JudgedChains | undefined;
  let expected = 0;
  for (let round = 0; asked !== null && round < sampling.maxRounds; round++) {
    const { chunk } = own.asking;
    const serving = server ? { ...own.asking.serving, server } : own.asking.serving;
    expected += asked.count * sampling.draws.count;
    const draws = { ...sampling.draws, from: round * sampling.draws.count };
    const title = `chains of ${who} · round ${round + 1}`;
    const how = { serving, perChunk: chunk.questions, window: chunk.window, draws };
    const pass = { run, limits, title, id: `${who}/chains-${round}`, policy, asked, ...how };
    atStage(chain, at, "sample", `sampling chains, round ${round + 1}`);
    const child = `${run.name}/${pass.id}`;
    answers.push(await chain.board.following(child, () => inChild(answerBenchmark, child, pass)));
    const summary = `judge · ${titleOf(chain, at)} · ${title}`;
    judged = await judgeChains.executeWithOptions({ summary }, [
      { run, who, sampling, answers: [...answers], expected },
    ]);
    asked = judged.wanting;
  }
  const { ref, account: of } = judged!;
  account(chain, of);
  return ref;
}

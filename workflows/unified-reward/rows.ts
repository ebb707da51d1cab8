import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { TrainData } from "../../src/contract/training.ts";
import type { UnifiedRewardOwn, UnifiedRewardSteps } from "../../src/pipeline/unified-reward/contract/plan.ts";
import { account, atStage, type Chain, titleOf } from "../stages/chain.ts";
import { controlSteps } from "../stages/steps.ts";
import { sampleChains } from "./sample.ts";

/** The chains that both later stages learn from, and whose they are. */
interface Sampled {
  readonly chains: ArtifactRef;
  /** Digest of the policy. */
  readonly by: string;
}

/** What the stages learn from: chains that were brought, right ones of the policy's own, right ones over wrong ones. */
export function learning(chain: Chain<UnifiedRewardOwn>) {
  const { run, limits, own } = chain.plan;
  const { chooseChains, pairChains } = controlSteps<UnifiedRewardSteps>(limits);
  let sampled: Sampled | undefined;

  /** Sampled once, from the policy that is newest when they are first needed. */
  async function chainsFor(at: number): Promise<Sampled> {
    const who = own.stages[at - 1]?.name ?? "base";
    const { policy, digest: by } = chain;
    sampled ??= { chains: await sampleChains(chain, at, { who, policy }), by };
    return sampled;
  }

  /** Whose right chains are preferred. */
  async function chosenFor(at: number, { chains: same, by }: Sampled): Promise<ArtifactRef> {
    const { chosenFrom, model, server } = own.pairing!;
    if (chosenFrom === "sampling" || (chosenFrom === "policy" && by === chain.digest)) return same;
    const who = chosenFrom === "model" ? "dpo.model" : own.stages[at - 1]!.name;
    return sampleChains(chain, at, { who, policy: model ?? chain.policy, server });
  }

  return async (at: number): Promise<readonly TrainData[]> => {
    const { name, job } = own.stages[at]!;
    if (name === "cold_start") return job.data;
    const found = await chainsFor(at);
    const { chains, by } = found;
    const sampling = own.sampling!;
    const title = titleOf(chain, at);
    if (name === "rejection") {
      const input = { run, sampling, chains, choosing: own.choosing! };
      atStage(chain, at, "choose", "choosing right chains");
      const { ref, account: of } = await chooseChains.executeWithOptions({ summary: `choose · ${title}` }, [input]);
      account(chain, of);
      return [{ ref, sampledBy: by }];
    }
    const chosen = await chosenFor(at, found);
    const { perItem, balanced } = own.pairing!;
    atStage(chain, at, "pair", "joining right and wrong chains");
    const input = { run, sampling, chosen, rejected: chains, perItem, balanced };
    const { ref, account: of } = await pairChains.executeWithOptions({ summary: `pair · ${title}` }, [input]);
    account(chain, of);
    return [{ ref, sampledBy: by }];
  };
}

import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { HarpOwn, HarpSteps, PlanData } from "../../src/pipeline/harp/contract/plan.ts";
import { account, type Chain } from "../stages/chain.ts";
import { inChild } from "../stages/fan-out.ts";
import { controlSteps } from "../stages/steps.ts";
import { planScenes } from "./scenes.ts";

/** Tasks and plans of every scene, by the service. */
export async function buildPlans({ plan, board }: Chain<HarpOwn>): Promise<ArtifactRef> {
  const { run, limits, own } = plan;
  const { scenes, images, service } = own;
  const title = "plans of the scenes";
  board.stage({ name: "plans", doing: "asking the service about the scenes", title, at: -1, of: own.stages.length });
  const child = `${run.name}/plans`;
  return board.following(child, () => inChild(planScenes, child, { run, limits, title, scenes, images, service }));
}

/** Divides the plans by scene; what is measured from now on is the test part. */
export async function splitPlans(
  chain: Chain<HarpOwn>,
  plans: ArtifactRef,
): Promise<{ readonly chain: Chain<HarpOwn>; readonly data: PlanData }> {
  const { run, limits, folder, own } = chain.plan;
  const { scenes, images } = own;
  const steps = controlSteps<HarpSteps>(limits);
  const input = { run, folder, scenes, images, plans };
  const data = await steps.splitPlans.executeWithOptions({ summary: "check and divide the plans" }, [input]);
  for (const each of data.accounts) account(chain, each);
  chain.board.set({ accounts: chain.accounts });
  const asking = { ...own.asking, benchmarks: [data.test] };
  return { chain: { ...chain, plan: { ...chain.plan, own: { ...own, asking } } }, data };
}

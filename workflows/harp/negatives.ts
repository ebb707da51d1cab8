import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { HarpOwn, HarpSteps, PlanData } from "../../src/pipeline/harp/contract/plan.ts";
import { account, atStage, type Chain, titleOf } from "../stages/chain.ts";
import { inChild } from "../stages/fan-out.ts";
import { answerBenchmark } from "../stages/measure.ts";
import { controlSteps } from "../stages/steps.ts";

/** Plans that the newest policy samples of the tasks it learned from, sorted by what is wrong with them: GRPO's rows. */
export async function negativesOf(chain: Chain<HarpOwn>, at: number, { train }: PlanData): Promise<ArtifactRef> {
  const { run, limits, folder, own } = chain.plan;
  const { serving, chunk } = own.asking;
  atStage(chain, at, "negatives", "sampling plans of the SFT policy");
  const how = { serving, perChunk: chunk.questions, window: chunk.window, draws: own.draws };
  const pass = { run, limits, id: "sft/negatives", title: "plans of sft", policy: chain.policy, asked: train, ...how };
  const child = `${run.name}/sft/negatives`;
  const answers = await chain.board.following(child, () => inChild(answerBenchmark, child, pass));
  const { typeNegatives } = controlSteps<HarpSteps>(limits);
  const input = { run, folder, train, answers, by: chain.digest };
  const summary = `sort wrong plans · ${titleOf(chain, at)}`;
  const { rows, accounts } = await typeNegatives.executeWithOptions({ summary }, [input]);
  for (const each of accounts) account(chain, each);
  return rows;
}

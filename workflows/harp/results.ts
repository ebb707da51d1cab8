import type { HarpOwn, HarpSteps } from "../../src/pipeline/harp/contract/plan.ts";
import type { Chain } from "../stages/chain.ts";
import { controlSteps } from "../stages/steps.ts";

/** results/evaluation.json: the six metrics of every policy, and results/faults.json: what was wrong; both as tables. */
export async function writeResults({ plan, board, cells }: Chain<HarpOwn>): Promise<void> {
  const { folder, limits } = plan;
  const steps = controlSteps<HarpSteps>(limits);
  const tables = await steps.writeResults.executeWithOptions({ summary: "write the six metrics" }, [{ folder, cells }]);
  board.set({ tables: [...tables, ...board.state.tables] });
}

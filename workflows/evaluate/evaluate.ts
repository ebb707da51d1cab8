import type { MeasuredPolicy } from "../../src/contract/measurement.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import type { EvaluateOwn } from "../../src/pipeline/evaluate/contract/plan.ts";
import { closeRun } from "../stages/close.ts";
import { measureAll, putBeside } from "../stages/measure.ts";
import { openRun } from "../stages/open.ts";
import { remakingLost } from "../stages/remake.ts";

/**
 * Asks policies benchmarks and puts them beside each other: a table of policies × benchmarks.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function evaluate(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const run = await openRun<EvaluateOwn>("openEvaluate", input); // parse, check, import
    const { policies } = run.plan.own;
    const cells: MeasuredPolicy[] = [];
    // One policy after the other, so that its server stays warm.
    for (const [at, policy] of policies.entries()) {
      const title = `policy ${at + 1} of ${policies.length} (${policy.name})`;
      run.board.stage({ name: "measure", doing: "answering the benchmarks", title, at, of: policies.length });
      cells.push(...(await measureAll(run, policy))); // every benchmark, chunk by chunk
      run.board.set(await putBeside(run, cells));
      await run.track();
    }
    return closeRun(run, { pipeline: "evaluate", policy: null, digest: null, files: {}, final: null });
  });
}

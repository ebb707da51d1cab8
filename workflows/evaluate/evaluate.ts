import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import type {
  EvaluateOwn,
  EvaluateSteps,
  MeasuredPolicy,
  NamedPolicy,
} from "../../src/pipeline/evaluate/contract/plan.ts";
import { closeRun } from "../stages/close.ts";
import { measure } from "../stages/measure.ts";
import { type Opened, openRun } from "../stages/open.ts";
import { remakingLost } from "../stages/remake.ts";
import { controlSteps } from "../stages/steps.ts";

/**
 * Asks policies benchmarks and puts them beside each other: a table of policies × benchmarks.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function evaluate(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const run = await openRun<EvaluateOwn>("openEvaluate", input); // parse, check, import
    const cells: MeasuredPolicy[] = [];
    for (const policy of run.plan.own.policies) {
      cells.push(...(await measurePolicy(run, policy))); // every benchmark, chunk by chunk
      await showTables(run, cells);
    }
    return closeRun(run, { pipeline: "evaluate", policy: null, digest: null, files: {}, final: null });
  });
}

/** One policy after the other, so that its server stays warm. Benchmarks of the same questions find their answers made. */
async function measurePolicy(
  run: Opened<EvaluateOwn>,
  { name, policy, digest }: NamedPolicy,
): Promise<MeasuredPolicy[]> {
  const { policies, benchmarks, serving, chunk, resamples } = run.plan.own;
  const at = policies.findIndex((each) => each.name === name);
  const title = `policy ${at + 1} of ${policies.length} (${name})`;
  run.board.stage({ name: "measure", doing: "answering the benchmarks", title, at, of: policies.length });
  const cells: MeasuredPolicy[] = [];
  for (const asked of benchmarks) {
    const pass = { title: `${name} · ${asked.name}`, id: `${name}/${asked.name}`, policy, asked };
    const how = { serving, perChunk: chunk.questions, window: chunk.window, resamples };
    cells.push({ policy: name, digest, measured: await measure(run, { ...pass, ...how }) });
  }
  return cells;
}

/** Shows what is measured so far; the whole table after the last policy. */
async function showTables({ plan, board }: Opened<EvaluateOwn>, cells: readonly MeasuredPolicy[]): Promise<void> {
  const { tabulate } = controlSteps<EvaluateSteps>(plan.limits);
  const input = { run: plan.run, folder: plan.folder, cells, resamples: plan.own.resamples };
  board.set(await tabulate.executeWithOptions({ summary: "put the policies beside each other" }, [input]));
}

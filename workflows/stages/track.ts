import { log } from "@temporalio/workflow";
import type { RunPlan, StepLimits } from "../../src/contract/run.ts";
import type { TrackSteps } from "../../src/contract/tracking.ts";
import type { Board } from "./board.ts";
import { rootFailure } from "./isolate.ts";
import { controlSteps } from "./steps.ts";

/** Whoever waits for the run does not wait long for its tracker: twice two minutes where that hangs. */
const LIMITS: StepLimits = {
  maxAttempts: 2,
  initialIntervalSeconds: 2,
  heartbeatSeconds: 20,
  chunkSeconds: 150,
  trainSeconds: 150,
};

export interface Tracked {
  readonly plan: Pick<RunPlan<unknown>, "run" | "folder">;
  readonly board: Board;
  readonly warnings: string[];
}

/**
 * Shows the tracker that the recipe names how the run stands; nothing where it names none. All of it every time, so
 * that what could not be shown is with the next. That it cannot be shown is a warning and changes nothing for the run.
 * @param input the recipe, as it was sent
 */
export async function track(input: unknown, { plan, board, warnings }: Tracked): Promise<void> {
  const { track: block, pipeline = "" } = (input ?? {}) as { readonly track?: unknown; readonly pipeline?: string };
  if (block === undefined) return;
  const { tables, accounts, stage } = board.state;
  const { run, folder } = plan;
  const summary = `track · ${stage.title === "" ? stage.name : stage.title}`;
  const asked = { track: block, run: run.name, pipeline, folder, tables, accounts };
  const steps = controlSteps<TrackSteps>(LIMITS);
  try {
    if ((await steps.track.executeWithOptions({ summary }, [asked])) === "shown") return;
    warn(warnings, "the tracker was shown nothing: start the workers with --allow track to let them send to it.");
  } catch (error) {
    const failure = rootFailure(error);
    // Of a run that is cancelled nothing else is shown either.
    if (failure === undefined) throw error;
    log.warn("the tracker could not be shown the run", { failure: failure.message });
    warn(warnings, `the tracker could not be shown ${stage.title || "all of the run"}: ${failure.message}`);
  }
}

function warn(warnings: string[], sentence: string): void {
  if (!warnings.includes(sentence)) warnings.push(sentence);
}

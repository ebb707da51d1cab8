import { workflowInfo } from "@temporalio/workflow";
import { openingLimits } from "../../src/contract/opening.ts";
import type { RunPlan } from "../../src/contract/run.ts";
import { type Board, openBoard } from "./board.ts";
import { list } from "./listing.ts";
import { type News, tell } from "./notify.ts";
import { controlSteps } from "./steps.ts";
import { track } from "./track.ts";

/** What every stage is given: the run's plan and the board that shows where it stands. */
export interface Opened<Own> {
  readonly plan: RunPlan<Own>;
  readonly board: Board;
  /** Sentences for the end of the run. */
  readonly warnings: string[];
  /** Tells whom the recipe names. */
  readonly tell: (news: News) => Promise<void>;
  /** Shows the tracker that the recipe names how the run stands. */
  readonly track: () => Promise<void>;
}

/**
 * Opens a run by its pipeline's own first step, which parses the recipe, reads the data and refuses what is not usable.
 * @param step the name of that step
 */
export async function openRun<Own>(step: string, input: unknown): Promise<Opened<Own>> {
  const name = workflowInfo().workflowId;
  const board = openBoard(name);
  const steps = controlSteps<Record<string, (recipe: unknown, run: string) => Promise<RunPlan<Own>>>>(
    openingLimits(input),
  );
  const open = steps[step]!;
  const plan = await open.executeWithOptions({ summary: "open the run · check recipe and data" }, [input, name]);
  board.searchable(plan.searchAttributes);
  list(plan);
  const opened = { plan, board, warnings: [...plan.warnings] };
  return { ...opened, tell: (news) => tell(input, news), track: () => track(input, opened) };
}

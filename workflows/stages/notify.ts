import { CancellationScope, log, workflowInfo } from "@temporalio/workflow";
import type { NoticeEvent, NoticeSteps } from "../../src/contract/notice.ts";
import type { StepLimits } from "../../src/contract/run.ts";
import { rootFailure } from "./isolate.ts";
import { controlSteps } from "./steps.ts";

/** A run that is done does not wait long for somebody to take the news. */
const LIMITS: StepLimits = {
  maxAttempts: 5,
  initialIntervalSeconds: 2,
  heartbeatSeconds: 20,
  chunkSeconds: 90,
  trainSeconds: 90,
};

/** What happened, and what to type next. */
export interface News {
  readonly event: NoticeEvent;
  readonly text: string;
  readonly next: string;
}

/**
 * Tells whom the recipe names; nobody where it names none. That nobody could be told changes nothing for the run.
 * @param input the recipe, as it was sent
 */
export async function tell(input: unknown, { event, text, next }: News): Promise<void> {
  const { notify, pipeline = "" } = (input ?? {}) as { readonly notify?: unknown; readonly pipeline?: string };
  if (notify === undefined) return;
  const { workflowId: run, runId } = workflowInfo();
  const notice = { id: `${run}/${runId}/${event}/${text}`, run, pipeline, event, text, next };
  const summary = `notify · ${event}`;
  try {
    // A run that was cancelled meanwhile has still ended.
    await CancellationScope.nonCancellable(() =>
      controlSteps<NoticeSteps>(LIMITS).notify.executeWithOptions({ summary }, [{ notify, notice }]),
    );
  } catch (error) {
    log.warn("nobody could be notified", { event, failure: rootFailure(error)?.message ?? String(error) });
  }
}

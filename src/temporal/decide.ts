import { WorkflowUpdateFailedError } from "@temporalio/client";
import type { GateAnswer, PersonsDecision } from "../contract/gate.ts";
import { StepFailure } from "../failure.ts";
import type { Connected } from "./connection.ts";
import { readSnapshot } from "./snapshot.ts";

/**
 * Answers a gate that asks, as a person would; returns the run's own sentence about it.
 * @throws {StepFailure} BadInput when no run of this name is asking, or it asks about another iteration
 */
export async function answerGate(
  server: Connected,
  name: string,
  decision: PersonsDecision,
  iteration?: number,
): Promise<string> {
  const { status, progress, stalled } = await readSnapshot(server, name);
  if (status !== "RUNNING") throw new StepFailure("BadInput", `The run ${name} is over; its gate asks no more.`);
  if (stalled) throw new StepFailure("BadInput", `${stalled.why} ${stalled.todo}`);
  if (progress === null) {
    throw new StepFailure("BadInput", `No worker answers for ${name}; start one (bin/snowball worker), then answer.`);
  }
  // An answer before its question would wait in the server and meet whichever question comes next.
  if (!progress.asking) throw new StepFailure("BadInput", `The gate of ${name} is not asking now.`);
  const answer: GateAnswer = { decision, iteration: iteration ?? progress.asking.iteration };
  try {
    return await server.client.workflow.getHandle(name).executeUpdate<string, [GateAnswer]>("gate", { args: [answer] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new StepFailure("BadInput", error.cause?.message ?? error.message, { cause: error });
  }
}

import { ApplicationFailure, condition, defineUpdate, setHandler, workflowInfo } from "@temporalio/workflow";
import type {
  GateAnswer,
  GateDecision,
  GateInput,
  GateMode,
  GateQuestion,
  PersonsDecision,
} from "../../src/contract/gate.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import { listAs } from "./listing.ts";
import type { Opened } from "./open.ts";
import { controlSteps } from "./steps.ts";

/** Two policies to choose between: the one in place and the new one. */
export interface Choice {
  readonly mode: GateMode;
  /** What people call the part of the run that made the new one, and its place. */
  readonly title: string;
  readonly at: number;
  readonly from: Side;
  readonly to: Side;
  /** The score that decides, and on which part of the items. */
  readonly by: Pick<GateInput, "score" | "split" | "resamples">;
}

interface Side {
  readonly digest: string;
  /** null when it was not measured. */
  readonly measured: Measurement | null;
}

/** Decides which policy stays; "off" where nobody asks. The run is listed as rolled back until a new one stays. */
export async function gate(opened: Opened<unknown>, choice: Choice): Promise<GateDecision> {
  const decision = await decide(opened, choice);
  if (decision !== "off") listAs(decision === "roll_back" ? "rolled back" : "running");
  return decision;
}

async function decide(opened: Opened<unknown>, choice: Choice): Promise<GateDecision> {
  const { plan, warnings } = opened;
  const { mode, title, from, to, by } = choice;
  if (mode === "off") return "off";
  let reason = "nothing was measured";
  if (from.measured !== null && to.measured !== null) {
    const input = { run: plan.run, mode, from: from.measured.rows, to: to.measured.rows, ...by };
    const summary = `gate · compare on ${by.split} · ${title}`;
    const gated = await controlSteps(plan.limits).gatePolicy.executeWithOptions({ summary }, [input]);
    if (mode !== "ask") {
      if (gated.decision === "roll_back") warnings.push(gated.reason);
      return gated.decision;
    }
    reason = gated.reason;
  } else if (mode !== "ask") return "off";

  const decision = await personsDecision(opened, choice, reason);
  if (decision === "roll_back") warnings.push(`${title} was rolled back by a person: ${reason}.`);
  return decision;
}

/** A person's answer at a gate that asks; from the command line, a program, the UI or `temporal`. */
export const gateUpdate = defineUpdate<string, [GateAnswer]>("gate");

/**
 * Waits, for days if need be, until a person has chosen between the policy in place and the candidate. What was said is
 * kept in the store under the digests of both, so that a run that starts over does not ask again.
 */
async function personsDecision(
  { plan, board, tell }: Opened<unknown>,
  { at, from, to }: Choice,
  measured: string,
): Promise<PersonsDecision> {
  const between = { run: plan.run, from: from.digest, to: to.digest };
  const keep = (decision: PersonsDecision | null) =>
    controlSteps(plan.limits).keepDecision.executeWithOptions({ summary: `gate · a person's decision · iter_${at}` }, [
      { ...between, decision },
    ]);
  const known = await keep(null);
  if (known !== null) return known;

  let said: PersonsDecision | null = null;
  const question: GateQuestion = { iteration: at, from: from.digest, to: to.digest, measured };
  board.set({ asking: question });
  setHandler(
    gateUpdate,
    ({ decision }) => {
      said = decision;
      return `iter_${at}: ${decision === "promote" ? "the new policy is promoted" : "the policy before it stays"}`;
    },
    {
      description: `Choose the policy that stays: {"decision": "promote"} or {"decision": "roll_back"}`,
      validator: (answer) => validate(answer, said === null ? question : null),
    },
  );
  const { workflowId: run } = workflowInfo();
  const text = `${run}: the gate asks about iter_${at}: the new policy instead of the one in place? ${measured}.`;
  // The answer may come while somebody is still being told.
  const told = tell({ event: "asks", text, next: `bin/snowball gate ${run} --promote, or --rollback` });
  await condition(() => said !== null);
  await told;
  board.set({ asking: null });
  return (await keep(said)) ?? said!;
}

/** Refuses what would be an answer to another question, before it is part of the history. */
function validate(answer: GateAnswer | undefined, question: GateQuestion | null): void {
  if (question === null) return refuse("The gate is not asking: its question was answered.");
  if (answer?.decision !== "promote" && answer?.decision !== "roll_back") {
    return refuse('The gate takes {"decision": "promote"} or {"decision": "roll_back"}.');
  }
  if (answer.iteration !== undefined && answer.iteration !== question.iteration) {
    return refuse(`The gate asks about iter_${question.iteration}, not about iter_${answer.iteration}.`);
  }
}

function refuse(sentence: string): never {
  throw ApplicationFailure.nonRetryable(sentence, "BadInput");
}

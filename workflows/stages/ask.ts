import { ApplicationFailure, condition, defineUpdate, setHandler } from "@temporalio/workflow";
import type { GateAnswer, GateQuestion, PersonsDecision } from "../../src/contract/progress.ts";
import type { Loop } from "../snowball/loop.ts";

/** A person's answer at a gate that asks; from the command line, a program, the UI or `temporal`. */
export const gateUpdate = defineUpdate<string, [GateAnswer]>("gate");

/**
 * Waits, for days if need be, until a person has chosen between the policy in place and the candidate. What was said is
 * kept in the store under the digests of both, so that a run that starts over does not ask again.
 */
export async function personsDecision(loop: Loop, to: string, measured: string): Promise<PersonsDecision> {
  const { plan, board, steps } = loop;
  const { iteration } = board.state;
  const between = { run: plan.run, from: loop.policyDigest, to };
  const keep = (decision: PersonsDecision | null) =>
    steps.control.keepDecision.executeWithOptions({ summary: `gate · a person's decision · iter_${iteration}` }, [
      { ...between, decision },
    ]);
  const known = await keep(null);
  if (known !== null) return known;

  let said: PersonsDecision | null = null;
  const question: GateQuestion = { iteration, from: loop.policyDigest, to, measured };
  board.set({ asking: question });
  setHandler(
    gateUpdate,
    ({ decision }) => {
      said = decision;
      return `iter_${iteration}: ${decision === "promote" ? "the new policy is promoted" : "the policy before it stays"}`;
    },
    {
      description: `Choose the policy that stays: {"decision": "promote"} or {"decision": "roll_back"}`,
      validator: (answer) => validate(answer, said === null ? question : null),
    },
  );
  await condition(() => said !== null);
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

import { StepFailure } from "../failure.ts";
import type { Question } from "./question.ts";

/**
 * Can this data be evaluated? Without any answer, evaluation and gate are off; with answers to some questions only,
 * nobody knows what was meant.
 * @returns whether the questions have answers
 * @throws {StepFailure} BadInput when scoring needs answers that are not there, or some have one and some not
 */
export function checkAnswers(questions: readonly Question[], method: "confidence" | "answer_gain"): boolean {
  const without = questions.filter((question) => question.answer === undefined);
  const first = without[0];
  if (!first) return true;
  if (method === "answer_gain") {
    throw new StepFailure(
      "BadInput",
      `scoring.method is answer_gain, but question "${first.id}" has no answer (${without.length} have none); use confidence, or add the answers.`,
    );
  }
  if (without.length < questions.length) {
    throw new StepFailure(
      "BadInput",
      `Question "${first.id}" has no answer while others have one (${without.length} of ${questions.length} have none); give all questions an answer or none.`,
    );
  }
  return false;
}

import { StepFailure } from "../../failure.ts";
import type { ScoringMethod } from "./recipe/scoring.ts";
import type { Question } from "../../dataset/question.ts";

/** They look at the true answer. */
const NEED_ANSWERS: readonly ScoringMethod[] = ["answer_gain", "gt_similarity"];

/**
 * Can this data be evaluated? Without any answer, evaluation and gate are off; with answers to some questions only,
 * nobody knows what was meant.
 * @param methods what the run scores by
 * @returns whether the questions have answers
 * @throws {StepFailure} BadInput when scoring needs answers that are not there, or some have one and some not
 */
export function checkAnswers(questions: readonly Question[], methods: readonly ScoringMethod[]): boolean {
  const without = questions.filter((question) => question.answer === undefined);
  const first = without[0];
  if (!first) return true;
  const method = methods.find((each) => NEED_ANSWERS.includes(each));
  if (method !== undefined) {
    throw new StepFailure(
      "BadInput",
      `scoring.method is ${method}, but question "${first.id}" has no answer (${without.length} have none); use confidence, explicit or both, or add the answers.`,
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

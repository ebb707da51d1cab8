import type { Question } from "../../src/dataset/question.ts";
import type { AnswerRow, LabeledRow, SampleStatus } from "../../src/preference/rows.ts";

/** A question with nothing special about it. */
export function aQuestion(id: string, more: Partial<Question> = {}): Question {
  const image = `${id}.png`;
  return {
    id,
    images: [image],
    question: `What is in ${id}?`,
    answer: "A",
    question_type: "all",
    scene: image,
    ...more,
  };
}

export function questionsById(...questions: readonly Question[]): Map<string, Question> {
  return new Map(questions.map((question) => [question.id, question]));
}

/** A sample whose text differs from every other rollout's. */
export function aSample(
  id: string,
  rollout: number,
  score: number | null,
  status: SampleStatus = "view",
  more: Partial<LabeledRow> = {},
): LabeledRow {
  return {
    question_id: id,
    rollout,
    text: `text ${rollout}`,
    finish: "stop",
    tokens: 3,
    mean_logprob: -0.5,
    retokenized_equal: true,
    prompt_digest: `prompt of ${id}`,
    seed: `seed ${rollout}`,
    policy: "base",
    sampling: { temperature: 0.9, top_p: 0.95, top_k: 0, min_p: 0, repetition_penalty: 1, max_new_tokens: 64 },
    instructions: [],
    views: [],
    status,
    score,
    components: score === null ? {} : { raw: score },
    ...(status === "quarantined" ? { reason: "a black image" } : {}),
    ...more,
  };
}

export function anAnswer(id: string, more: Partial<AnswerRow> = {}): AnswerRow {
  return {
    question_id: id,
    scene: `${id}.png`,
    question_type: "all",
    policy: "base",
    arm: "policy",
    rollout: 0,
    instructions: [],
    answer: "A",
    correct: true,
    useful: null,
    status: "view",
    ...more,
  };
}

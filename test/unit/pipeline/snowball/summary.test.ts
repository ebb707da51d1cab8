import { expect, test } from "vitest";
import { summarise } from "../../../../src/pipeline/snowball/evaluation/summary.ts";
import { anAnswer } from "../../../support/rows.ts";

const options = { seed: "s", resamples: 200 };

test("counts, validity and families; what was not measured is left out, not counted as wrong", () => {
  const detail = summarise(
    [
      anAnswer("a", { question_type: "left", correct: true, useful: true }),
      anAnswer("b", { question_type: "left", correct: false, useful: false }),
      anAnswer("c", { question_type: "behind", correct: true, useful: true, status: "empty" }),
      anAnswer("d", { question_type: "behind", correct: false, useful: false, status: "policy_failure" }),
      anAnswer("e", { question_type: "behind", correct: null, useful: null, status: "quarantined" }),
    ],
    options,
  );
  expect(detail.score).toMatchObject({ questions: 5, accuracy: { mean: 0.5 }, useful: { mean: 0.5 } });
  expect(detail.status).toEqual({ view: 2, empty: 1, policy_failure: 1, quarantined: 1 });
  expect(detail.validity).toBe(0.75);
  expect(detail.families).toEqual({
    behind: { questions: 3, accuracy: 0.5, useful: 0.5 },
    left: { questions: 2, accuracy: 0.5, useful: 0.5 },
  });
});

test("where nothing can be measured there is no number", () => {
  const detail = summarise([anAnswer("a", { correct: null, status: "quarantined" })], options);
  expect(detail.score).toEqual({ accuracy: null, useful: null, questions: 1 });
  expect(detail.validity).toBeNull();
});

import { expect, test } from "vitest";
import { floors, viewTable } from "../../../../src/pipeline/snowball/evaluation/floors.ts";
import { anAnswer } from "../../../support/rows.ts";

/** Which of the questions a, b, c, d an arm answers rightly, and on which its view is useful. */
function arm(name: string, right: string, useful: string | null) {
  return ["a", "b", "c", "d"].map((id) =>
    anAnswer(id, {
      arm: name,
      question_type: id < "c" ? "left" : "top",
      correct: right.includes(id),
      useful: useful === null ? null : useful.includes(id),
    }),
  );
}

const rows = [
  ...arm("no_view", "a", null),
  ...arm("left", "ab", "ab"),
  ...arm("top", "bcd", "d"),
  ...arm("low", "", ""),
  ...arm("policy", "abcd", "abcd"),
];

test("no view 1 of 4; random (2 + 3 + 0)/12; best constant top by accuracy, left by usefulness; any view 4 of 4", () => {
  expect(floors(rows)).toEqual({
    no_view: 0.25,
    random_view: 5 / 12,
    best_constant: { name: "top", accuracy: 0.75 },
    best_constant_useful: { name: "left", useful: 0.5 },
    best_view: 1,
  });
});

test("a question that no view answers is not in the best view's share; quarantined answers are in no share", () => {
  const some = [
    anAnswer("a", { arm: "left", correct: true }),
    anAnswer("b", { arm: "left", correct: false }),
    anAnswer("c", { arm: "left", correct: null, status: "quarantined" }),
  ];
  expect(floors(some)).toMatchObject({ no_view: null, random_view: 0.5, best_view: 0.5, best_constant_useful: null });
});

test("equal views: the name that sorts first, whatever the order of the rows", () => {
  const equal = [...arm("right", "a", "a"), ...arm("left", "b", "b")];
  expect(floors(equal).best_constant).toEqual({ name: "left", accuracy: 0.25 });
  expect(floors(equal.toReversed()).best_constant).toEqual({ name: "left", accuracy: 0.25 });
});

test("without reference views there is nothing to compare with", () => {
  expect(floors([])).toEqual({
    no_view: null,
    random_view: null,
    best_constant: null,
    best_constant_useful: null,
    best_view: null,
  });
});

test("the table shows every view on every family", () => {
  expect(viewTable(rows)).toEqual({
    left: {
      "*": { questions: 4, accuracy: 0.5, useful: 0.5 },
      left: { questions: 2, accuracy: 1, useful: 1 },
      top: { questions: 2, accuracy: 0, useful: 0 },
    },
    top: {
      "*": { questions: 4, accuracy: 0.75, useful: 0.25 },
      left: { questions: 2, accuracy: 0.5, useful: 0 },
      top: { questions: 2, accuracy: 1, useful: 0.5 },
    },
    low: {
      "*": { questions: 4, accuracy: 0, useful: 0 },
      left: { questions: 2, accuracy: 0, useful: 0 },
      top: { questions: 2, accuracy: 0, useful: 0 },
    },
  });
});

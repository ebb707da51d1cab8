import { expect, test } from "vitest";
import { checkLeakage, findLeaks, normaliseText } from "../../../src/dataset/leakage.ts";

const training = [
  { questionId: "t1", imageDigests: ["p1", "p2"], text: "What is behind the box?" },
  { questionId: "t2", imageDigests: ["p3"], text: "Where is the cone?" },
];

test("other pictures and texts are no leak", () => {
  expect(checkLeakage(training, [{ questionId: "h1", imageDigests: ["p9"], text: "How many?" }])).toEqual({
    sharedTexts: 0,
  });
});

test("a text alone is no leak, but is counted", () => {
  const heldOut = { questionId: "h1", imageDigests: ["p9"], text: "  what is BEHIND the box" };
  expect(checkLeakage(training, [heldOut])).toEqual({ sharedTexts: 1 });
});

test("a picture in both is a leak, in whatever place it stands and whatever is asked", () => {
  const heldOut = { questionId: "h1", imageDigests: ["p9", "p2"], text: "How many?" };
  expect(() => checkLeakage(training, [heldOut])).toThrow(
    /Held-out question "h1" and training question "t1" show the same picture;/,
  );
});

test("the message says when the text is the same too", () => {
  const heldOut = { questionId: "h1", imageDigests: ["p3"], text: "Where is the CONE" };
  expect(() => checkLeakage(training, [heldOut])).toThrow(
    /"h1" and training question "t2" show the same picture and text;/,
  );
});

test("an id in both is a leak", () => {
  const heldOut = { questionId: "t2", imageDigests: ["p9"], text: "x" };
  expect(() => checkLeakage(training, [heldOut])).toThrow(/Question "t2" is both in training and held out/);
});

test("texts are compared without case, spacing, punctuation and width", () => {
  expect(normaliseText("  Wo IST\nder ＫＥＧＥＬ, bitte?! ")).toBe("wo ist der kegel bitte");
  expect(normaliseText("A: 1, B: 2")).not.toBe(normaliseText("A: 2, B: 1"));
});

test("every leak is found, in the order of the held-out questions", () => {
  const heldOut = [
    { questionId: "h1", imageDigests: ["p9"], text: "x" },
    { questionId: "h2", imageDigests: ["p3", "p1"], text: "x" },
    { questionId: "t2", imageDigests: ["p8"], text: "x" },
    { questionId: "h4", imageDigests: ["p2"], text: "what is behind the box" },
  ];
  const { leaks } = findLeaks(training, heldOut);
  expect(leaks.map(({ heldOut: own, training: seen, what }) => [own.questionId, seen.questionId, what])).toEqual([
    ["h2", "t1", "picture"],
    ["t2", "t2", "id"],
    ["h4", "t1", "picture and text"],
  ]);
  expect(() => checkLeakage(training, heldOut)).toThrow(/\n2 more held-out questions leak; `bin\/snowball data check`/);
});

test("a text on both sides is counted once per held-out question, however often training has it", () => {
  const again = training.map((each) => ({ ...each, questionId: `${each.questionId} again` }));
  const heldOut = [{ questionId: "h", imageDigests: ["p9"], text: "where is the cone" }];
  expect(findLeaks([...training, ...again], heldOut)).toEqual({ leaks: [], sharedTexts: 1 });
});

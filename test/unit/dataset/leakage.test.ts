import { expect, test } from "vitest";
import { checkLeakage, normaliseText } from "../../../src/dataset/leakage.ts";

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

import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseAnswer, vqaAccuracy } from "../../../src/benchmark/vqa.ts";

const people = (same: number): string[] => [
  ...Array<string>(same).fill("red"),
  ...Array<string>(10 - same).fill("blue"),
];

test.each([
  [0, 0],
  [1, 0.3],
  [2, 0.6],
  [3, 0.9],
  [4, 1],
  [10, 1],
])("%i of 10 who say the same give %f", (same, accuracy) => {
  expect(vqaAccuracy("red", people(same))).toBeCloseTo(accuracy, 12);
});

test.each([
  ["The Red one.", "red 1"],
  ["a  dog", "dog"],
  ["dont know", "don't know"],
  ["two", "2"],
  ["none", "0"],
  ["1,000", "1000"],
  ["3.5", "3.5"],
  ["yes!", "yes"],
  ["t-shirt", "t shirt"],
  ["red, blue", "red blue"],
  ["hot\ndog", "hot dog"],
])("%j is compared as %j", (answer, normal) => {
  expect(normaliseAnswer(answer)).toBe(normal);
});

test("more who agree never make an answer worse, and it stays within 0 and 1", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), (same) => {
      const [less, more] = [vqaAccuracy("red", people(same)), vqaAccuracy("red", people(same + 1))];
      expect(less).toBeGreaterThanOrEqual(0);
      expect(more).toBeLessThanOrEqual(1);
      expect(more).toBeGreaterThanOrEqual(less);
    }),
  );
});

test("one who answered alone is compared with; nobody is refused", () => {
  expect(vqaAccuracy("Red.", ["red"])).toBe(1);
  expect(vqaAccuracy("blue", ["red"])).toBe(0);
  expect(() => vqaAccuracy("red", [])).toThrow("nobody answered");
});

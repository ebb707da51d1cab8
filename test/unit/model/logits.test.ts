import { array, assert, float, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { argmax, logProbability } from "../../../src/model/vlm/onnx/logits.ts";

const logits = array(float({ min: -50, max: 50, noNaN: true }), { minLength: 2, maxLength: 40 });

test("log-probabilities by hand", () => {
  // e^ln(3) = 3 against 1: a share of 3/4.
  const scores = Float32Array.of(Math.log(3), 0);
  expect(logProbability(scores, 0)).toBeCloseTo(Math.log(0.75), 6);
  expect(logProbability(scores, 1)).toBeCloseTo(Math.log(0.25), 6);
});

test("probabilities sum to one, and do not change when all logits rise together", () => {
  assert(
    property(logits, integer({ min: -1000, max: 1000 }), (values, lift) => {
      const scores = Float32Array.from(values);
      const sum = values.reduce((total, _, index) => total + Math.exp(logProbability(scores, index)), 0);
      expect(sum).toBeCloseTo(1, 5);
      const lifted = scores.map((each) => each + lift);
      expect(logProbability(lifted, 1)).toBeCloseTo(logProbability(scores, 1), 2);
    }),
  );
});

test("argmax takes the largest that is allowed, and the first of equals", () => {
  expect(argmax(Float32Array.of(1, 5, 3, 5), [])).toBe(1);
  expect(argmax(Float32Array.of(1, 5, 3, 5), [1, 3])).toBe(2);
});

test("NaN anywhere is never passed over", () => {
  expect(argmax(Float32Array.of(1, Number.NaN, 3), [])).toBeNaN();
  expect(logProbability(Float32Array.of(1, 2), Number.NaN)).toBeNaN();
});

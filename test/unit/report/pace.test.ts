import { expect, test } from "vitest";
import { createPace } from "../../../src/report/live.ts";

test("nothing is said before one whole iteration was watched", () => {
  const pace = createPace();
  pace.observe(-1, 0);
  expect(pace.remaining(5, 10)).toBeNull();
  pace.observe(0, 100);
  pace.observe(0, 400);
  expect(pace.remaining(5, 400)).toBeNull();
});

test("then the mean of the watched ones, for the rest of this and for those to come", () => {
  const pace = createPace();
  pace.observe(-1, 0);
  pace.observe(0, 100);
  pace.observe(1, 1_100); // iteration 0 took 1,000
  expect(pace.remaining(5, 1_300)).toBe(800 + 3 * 1_000);
  pace.observe(2, 4_100); // iteration 1 took 3,000: the mean is 2,000
  expect(pace.remaining(5, 4_100)).toBe(2_000 + 2 * 2_000);
  // This one takes longer than the mean: only what comes after it is left to guess.
  expect(pace.remaining(5, 9_000)).toBe(2 * 2_000);
});

test("an iteration that was under way at the first look does not count", () => {
  const pace = createPace();
  pace.observe(2, 0);
  pace.observe(3, 50);
  expect(pace.remaining(5, 60)).toBeNull();
  pace.observe(4, 250);
  expect(pace.remaining(5, 250)).toBe(200);
});

import { expect, test } from "vitest";
import { dpoWarnings } from "../../../src/training/dpo-warnings.ts";

const steps = (count: number, of: (at: number) => Record<string, number>): Record<string, number>[] =>
  Array.from({ length: count }, (_, at) => ({ step: at + 1, ...of(at) }));

test("a training that goes well is not warned about, nor one that reports nothing", () => {
  expect(
    dpoWarnings(
      steps(10, (at) => ({ loss: 0.69 - at / 50, reward_chosen: at / 10, accuracy: 0.9 })),
      400,
    ),
  ).toEqual([]);
  expect(
    dpoWarnings(
      steps(10, () => ({ loss: 0.01 })),
      4,
    ),
  ).toEqual([]);
  expect(dpoWarnings([], 4)).toEqual([]);
});

test("a chosen reward that ends below its start is, judged by the last fifth of the steps", () => {
  const [warning] = dpoWarnings(
    steps(10, (at) => ({ reward_chosen: at < 8 ? 1 : -0.3 })),
    400,
  );
  expect(warning).toContain("fell to -0.30, from 0 at the start");
  expect(
    dpoWarnings(
      steps(10, (at) => ({ reward_chosen: at < 8 ? -1 : 0.1 })),
      400,
    ),
  ).toEqual([]);
});

test("pairs that are known by heart are", () => {
  const known = steps(5, () => ({ loss: 0.012, accuracy: 1, reward_chosen: 2 }));
  expect(dpoWarnings(known, 12)).toEqual([
    "its 12 pairs are memorised: all are told apart at a loss of 0.012; more pairs, or fewer passes over them, are needed.",
  ]);
  expect(
    dpoWarnings(
      steps(5, () => ({ loss: 0.012, accuracy: 0.99 })),
      12,
    ),
  ).toEqual([]);
});

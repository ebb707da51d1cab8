import { expect, test } from "vitest";
import { decideGate } from "../../../src/statistics/verdict.ts";

const change = (low: number, high: number) => ({ change: (low + high) / 2, low, high, items: 100, groups: 100 });

test.each([
  ["promote", change(-0.3, -0.1), "promote"],
  ["roll_back", change(-0.3, -0.1), "roll_back"],
  ["roll_back", change(-0.3, 0), "promote"],
  ["roll_back", change(-0.3, 0.01), "promote"],
  ["roll_back", change(0.1, 0.3), "promote"],
  ["roll_back", null, "promote"],
] as const)("%s with %j: %s", (mode, paired, decision) => {
  expect(decideGate(mode, paired, "val").decision).toBe(decision);
});

test("the reason has the numbers", () => {
  expect(decideGate("roll_back", change(-0.3, -0.1), "val").reason).toBe(
    "measurably worse: −0.200 on val (95 % interval −0.300 to −0.100)",
  );
  expect(decideGate("roll_back", change(-0.1, 0.3), "val").reason).toBe(
    "not measurably worse: +0.100 on val (95 % interval −0.100 to +0.300)",
  );
});

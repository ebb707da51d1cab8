import { expect, test } from "vitest";
import { statedTruth } from "../../../src/benchmark/stated-truth.ts";

test.each([
  ["true", "true"],
  ["False.", "false"],
  ["**TRUE**", "true"],
  ["The sentence is true: the cup is on the box.", "true"],
  ["It is not true.", "false"],
  ["That isn't true.", "false"],
  ["It is not false", "true"],
  ["False, it is not true.", "false"],
  ["True or false? True.", "true"],
  ["<think>It looks false.</think>true", "true"],
  ["false <answer>true</answer>", "true"],
  ["<answer>true</answer> no: <answer>false</answer>", "false"],
  // Both, neither, and thoughts that never end.
  ["true, or rather false", null],
  ["true or false", null],
  ["Yes.", null],
  ["", null],
  ["<think>true", null],
  ["<answer>yes</answer> true", null],
  ["untrue falsehood", null],
])("%j states %s", (text, stated) => {
  expect(statedTruth(text)).toBe(stated);
});

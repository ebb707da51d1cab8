import { expect, test } from "vitest";
import { withoutThoughts } from "../../src/without-thoughts.ts";

test.each([
  ["B", "B"],
  ["<think>A or B?</think>B", "B"],
  ["<think>\nfirst\n</think>\n\nB ", "B"],
  ["<THINK>x</THINK> B", "B"],
  // The prompt of a thinking model opens the thoughts itself.
  ["first A, then\n</think>\n\nB", "B"],
  ["<think>one</think> so <think>two</think> B", "B"],
  ["<think></think>", ""],
  // Nothing was said after thoughts that did not end.
  ["B <think>or rather", "B"],
  ["<thinking>a plan's own block</thinking>", "<thinking>a plan's own block</thinking>"],
])("%j says %j", (text, said) => {
  expect(withoutThoughts(text)).toBe(said);
});

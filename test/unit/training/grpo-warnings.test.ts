import { expect, test } from "vitest";
import { grpoWarnings } from "../../../src/training/grpo-warnings.ts";

const SETTINGS = { beta: 0.1, learning_rate: 1e-6, num_generations: 4, temperature: 0.8, max_completion_length: 128 };

/** Twenty steps of a training that learns, with what is changed of each. */
function logOf(change: (at: number) => Record<string, number>): Record<string, number>[] {
  return Array.from({ length: 20 }, (_, at) => ({
    step: at + 1,
    reward: 0.2 + 0.03 * at + 0.001 * (at % 2),
    kl: 0.01,
    repetition: 0.05,
    cut_share: 0,
    frac_reward_zero_std: 0.1,
    ...change(at),
  }));
}

const said = (change: (at: number) => Record<string, number>): string[] => grpoWarnings(logOf(change), SETTINGS);
const wobbling = (at: number): number => 0.5 + (at % 2 === 0 ? 0.05 : -0.05);

test("a training that learns has no warning", () => expect(said(() => ({}))).toEqual([]));

test.each([
  ["KL", (at: number) => ({ kl: at / 20 }), ["came to 0.88 a token: beta: 0.2 or learning_rate: 5e-7"]],
  ["a flat reward", (at: number) => ({ reward: wobbling(at) }), ["stayed flat, 0.50 at the start and 0.50 at the end"]],
  [
    "groups without a gradient",
    (at: number) => ({ reward: wobbling(at), frac_reward_zero_std: 0.95 }),
    ["in 95 % of the groups all completions are worth the same: num_generations: 8"],
  ],
  ["a falling reward", (at: number) => ({ reward: 1 - at / 20 }), ["fell from 0.93 to 0.13: learning_rate: 5e-7"]],
  ["repetition", () => ({ repetition: 0.4 }), ["repeat themselves (40 % of their runs of three tokens): beta: 0.2"]],
  [
    "cut completions",
    () => ({ cut_share: 0.5 }),
    ["50 % of the completions are cut at 128 tokens: max_completion_length: 256"],
  ],
  [
    "a better checkpoint before the end",
    (at: number): Record<string, number> => (at === 9 ? { val_reward: 0.8 } : at === 19 ? { val_reward: 0.75 } : {}),
    ["an earlier checkpoint was better, 0.800 against 0.750 at the end"],
  ],
])("%s is noticed, with the lines to change", (_, change, expected) => {
  const warnings = said(change);
  expect(warnings).toHaveLength(expected.length);
  for (const [at, part] of expected.entries()) expect(warnings[at]).toContain(part);
});

test("a few steps are no curve", () =>
  expect(grpoWarnings(logOf((at) => ({ reward: 1 - at })).slice(0, 5), SETTINGS)).toEqual([]));

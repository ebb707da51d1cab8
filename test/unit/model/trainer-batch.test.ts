import { expect, test } from "vitest";
import { type Batch, smallerBatch, withBatch } from "../../../src/model/trainer/batch.ts";
import { shipped } from "../../support/recipe.ts";

const batch = (pairs: number, passes: number): Batch => ({
  per_device_train_batch_size: pairs,
  gradient_accumulation_steps: passes,
});

test.each([
  [8, 2, [batch(4, 4), batch(2, 8), batch(1, 16)]],
  [6, 1, [batch(3, 2), batch(1, 6)]],
  [9, 4, [batch(3, 12), batch(1, 36)]],
  [7, 2, [batch(1, 14)]],
  [1, 8, []],
])(
  "%i pairs in each of %i passes become fewer in more, down to one, and the same pairs a step",
  (pairs, passes, then) => {
    const found: Batch[] = [];
    for (let next = smallerBatch(batch(pairs, passes)); next !== null; next = smallerBatch(next)) found.push(next);
    expect(found).toEqual(then);
    for (const each of found) {
      expect(each.per_device_train_batch_size * each.gradient_accumulation_steps).toBe(pairs * passes);
    }
  },
);

test("DeepSpeed's own numbers follow, and its auto and its stages stay", () => {
  const { training: settings } = shipped("snowball.full.yaml");
  const numbers = { train_micro_batch_size_per_gpu: 2, gradient_accumulation_steps: 8, train_batch_size: 16 };
  const of = (deepspeed: unknown) => withBatch({ settings, deepspeed }, batch(1, 16)).deepspeed;
  expect(of(numbers)).toEqual({
    train_micro_batch_size_per_gpu: 1,
    gradient_accumulation_steps: 16,
    train_batch_size: 16,
  });
  for (const same of [null, "zero3", { train_micro_batch_size_per_gpu: "auto" }]) expect(of(same)).toBe(same);
  expect(withBatch({ settings, deepspeed: null }, batch(1, 16)).settings).toEqual({ ...settings, ...batch(1, 16) });
});

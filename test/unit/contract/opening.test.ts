import { expect, test } from "vitest";
import { openingLimits } from "../../../src/contract/opening.ts";

test("the first step may take as long as the recipe says", () => {
  expect(openingLimits({ retries: { import_timeout_s: 90_000 } })).toMatchObject({
    chunkSeconds: 90_000,
    trainSeconds: 90_000,
  });
  expect(openingLimits({ retries: { import_timeout_s: 1.0001 } }).chunkSeconds).toBe(2);
});

test.each([
  undefined,
  null,
  7,
  "recipe",
  [],
  {},
  { retries: null },
  { retries: "many" },
  { retries: {} },
  { retries: { import_timeout_s: null } },
  { retries: { import_timeout_s: "90000" } },
  { retries: { import_timeout_s: Number.NaN } },
  { retries: { import_timeout_s: Infinity } },
  { retries: { import_timeout_s: 0 } },
  { retries: { import_timeout_s: -5 } },
  { retries: { import_timeout_s: 1e300 } },
])("an input that says nothing of it, whatever it is, gets twelve hours: %j", (input) => {
  expect(openingLimits(input).chunkSeconds).toBe(12 * 3600);
});

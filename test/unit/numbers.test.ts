import { expect, test } from "vitest";
import { count, duration, plural, roughly } from "../../src/numbers.ts";

test("numbers as the field prints them", () => {
  expect(count(2351)).toBe("2,351");
  expect([plural(1, "pair"), plural(2, "pair"), plural(0, "pair")]).toEqual(["1 pair", "2 pairs", "0 pairs"]);
});

test.each([
  [0, "0 s"],
  [8_400, "8 s"],
  [59_600, "1 min"],
  [72_000, "1 min 12 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

test("an estimate claims no more than it knows", () => {
  expect(roughly(3_000)).toBe("about 10 s");
  expect(roughly(44_000)).toBe("about 40 s");
  expect(roughly(250_000)).toBe("about 4 min");
});

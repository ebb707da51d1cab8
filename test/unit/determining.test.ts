import { expect, test } from "vitest";
import { determining, unlessBefore } from "../../src/determining.ts";
import { forgotten } from "../support/walk.ts";

const spec = { size: 1, batch: 2 };
const reasons = { batch: "sent with each request" } as const;

test("a field counts unless it is said not to", () => {
  expect(determining(spec, reasons)).toEqual({ size: 1 });
  expect(determining({ ...spec, later: true }, reasons)).toEqual({ size: 1, later: true });
});

test("a field that keys did not have at first is left out at the value that it had in effect, and only there", () => {
  expect(unlessBefore({ size: 1, batch: 2 }, { size: 1 })).toEqual({ batch: 2 });
  expect(unlessBefore({ size: 3, batch: 2 }, { size: 1 })).toEqual({ size: 3, batch: 2 });
});

test("the walk finds a field that was forgotten, and one that counts in spite of its reason", () => {
  const others = { size: 9, batch: 9 };
  expect(forgotten(spec, others, (each) => determining(each, reasons), reasons)).toEqual([]);
  expect(forgotten(spec, others, ({ size }) => size, {})).toEqual(["batch does not count"]);
  expect(forgotten(spec, others, (each) => each, reasons)).toEqual(["batch counts"]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { bar } from "../../../src/report/live.ts";

test("bars by hand", () => {
  expect(bar(0, 8, 4)).toBe("░░░░");
  expect(bar(3, 8, 4)).toBe("█░░░");
  expect(bar(8, 8, 4)).toBe("████");
  expect(bar(0, 0, 4)).toBe("░░░░");
});

test("always as wide as asked, and full only when all is done", () => {
  fc.assert(
    fc.property(
      fc.nat(5000),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 40 }),
      (done, total, width) => {
        const drawn = bar(done, total, width);
        expect(drawn).toHaveLength(width);
        expect(drawn === "█".repeat(width)).toBe(done >= total);
      },
    ),
  );
});

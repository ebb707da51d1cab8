import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRating, readSimilarity, unreadable } from "../../../src/preference/readings.ts";

const said = (text: string) => ({ text, finish: "stop" }) as const;

describe("a rating", () => {
  test.each([
    ["8", 8],
    [" 8\n", 8],
    ["8.", 8],
    ["10", 10],
    ["1", 1],
    ["7.5", 7.5],
    ["10.0", 10],
    ["+8", 8],
    ["8/10", 8],
    ["8 / 10", 8],
    ["10/10", 10],
    ["8 out of 10", 8],
    ["8 out of ten", 8],
    ["Rating: 8", 8],
    ["Rating: 8/10.", 8],
    ["**8**", 8],
    ["**8**/10", 8],
    ["**Rating:** `8`", 8],
    ['"8"', 8],
    ["<rating>8</rating>", 8],
    ["\\boxed{8}", 8],
    ["(8)", 8],
    ["I rate it 8, because the back is seen.", 8],
    ["8\n\nRating: 8", 8],
  ])("%j is %d", (text, rating) => {
    expect(readRating(said(text))).toBe(rating);
  });

  test.each([
    ["nothing", ""],
    ["white space", " \n"],
    ["words", "very helpful"],
    ["a number in words", "eight"],
    ["a range", "7-8"],
    ["a range with an en dash", "7–8"],
    ["a range of equals", "8 - 8"],
    ["a range in words", "7 to 8"],
    ["a range of tens", "7-8/10"],
    ["two numbers", "Image 1 is good: 9"],
    ["the scale first", "From 1 to 10, I say 8."],
    ["below", "0"],
    ["just below", "0.99"],
    ["above", "11"],
    ["just above", "10.01"],
    ["a negative one", "-8"],
    ["a minus sign", "−8"],
    ["a dash of its own", "Rating - 8"],
    ["an em dash", "Rating —8"],
    ["a decimal comma", "7,5"],
    ["a leading zero", "08"],
    ["no digit before the point", ".5"],
    ["an ordinal", "the 2nd"],
    ["a name with a digit", "view_2"],
    ["a per cent", "8%"],
    ["a fraction", "4/5"],
    ["another scale", "8/100"],
    ["another scale that begins alike", "8/10.5"],
    ["a date", "8/10/2025"],
    ["a time", "8:10"],
    ["about", "±8"],
    ["at least", "≥8"],
    ["an exponent", "1e1"],
    ["a power", "3²"],
    ["other digits", "８"],
  ])("%s is none: %j", (_name, text) => {
    expect(readRating(said(text))).toBeNull();
  });

  test("that was cut may have been going to be another: 1 of 10", () => {
    expect(readRating({ text: "1", finish: "length" })).toBeNull();
  });
});

describe("a similarity", () => {
  test.each([
    ["2", 2],
    ["+1", 1],
    ["-1", -1],
    ["−2", -2],
    ["–2", -2],
    ["‑2", -2],
    ["0", 0],
    ["-0", 0],
    ["0.5", 0.5],
    ["-1.5.", -1.5],
    ["Similarity: **-2**", -2],
    ["-2 (wrong)", -2],
  ])("%j is %d", (text, similarity) => {
    expect(readSimilarity(said(text))).toBe(similarity);
  });

  test.each(["", "same", "3", "-2.1", "- 2", "—2", "-2 to 2", "1-2", "2/10", "1/2", "2 or -2", "±1", "a-2"])(
    "%j is none",
    (text) => {
      expect(readSimilarity(said(text))).toBeNull();
    },
  );
});

const range = fc.record({ value: fc.integer({ min: 100, max: 1000 }), places: fc.integer({ min: 0, max: 2 }) });
/** Words without digits, or anything that could belong to a number. */
const words = fc.stringMatching(/^([A-Za-z ]{0,20}[ :(])?$/);

test("a number between words is read as it is; the same number twice changes nothing, another one makes it unreadable", () => {
  fc.assert(
    fc.property(range, words, fc.integer({ min: 1, max: 10 }), ({ value, places }, before, other) => {
      const rating = Number((value / 100).toFixed(places));
      const text = `${before}${rating}`;
      expect(readRating(said(text))).toBe(rating);
      expect(readRating(said(`${text}; ${rating}`))).toBe(rating);
      expect(readRating(said(`${text}; ${other}`))).toBe(other === rating ? rating : null);
      expect(readSimilarity(said(text))).toBe(rating <= 2 ? rating : null);
    }),
  );
});

test("whatever was said, what is read is in range and stands in the text", () => {
  const pieces = fc.constantFrom(
    "1",
    "2",
    "9",
    "10",
    "0",
    ".",
    ",",
    "-",
    "−",
    "–",
    "/",
    " ",
    "a",
    "*",
    "out of",
    "%",
    ":",
  );
  const anything = fc.oneof(
    fc.string(),
    fc.array(pieces).map((each) => each.join("")),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const rating = readRating(said(text));
      const rated = rating === null || (rating >= 1 && rating <= 10 && text.includes(String(rating)));
      const similarity = readSimilarity(said(text));
      const size = Math.abs(similarity ?? 0);
      const judged = similarity === null || (size <= 2 && text.includes(String(size)));
      expect({ rated, judged }).toEqual({ rated: true, judged: true });
    }),
    { numRuns: 2000 },
  );
});

test("why there is none shows how both replies began", () => {
  const long = { text: `Well,\n${"it is hard to say ".repeat(9)}`, finish: "length" } as const;
  const reading = unreadable("rating", said(""), long);
  expect(reading).toEqual({
    value: null,
    reason: expect.stringMatching(
      /^the critic's rating cannot be read: it said "", and asked in other words "Well, it is hard .{40,50}…" \(cut\)$/,
    ) as string,
  });
});

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
    ["8\nThe back is seen.", 8],
    ["8 - the back is seen", 8],
    ["8 points", 8],
    ["_8_", 8],
    ["__Rating:__ 8", 8],
    ["“8”", 8],
    ["$8$", 8],
    ["\\(8\\)", 8],
    ["### Rating: 8", 8],
    ['{"rating": 8}', 8],
    ['```json\n{"score": 8}\n```', 8],
    ["The rating is 8.", 8],
    ["My rating of the imagined views: 8", 8],
    ["Usefulness: 8 (the back is seen)", 8],
    ["Final score = 8", 8],
    ["I'd give it an 8.", 8],
    ["I would rate the imagined views as 8/10 overall", 8],
    ["Image 1 is dark, and views 2 and 3 show the back. Rating: 9", 9],
    ["Image 1 helps. Rating: 1", 1],
    ["The back is seen in view 2: 8/10", 8],
    ["Rating: 7\n\nThe imagined views show 3 chairs.", 7],
    ["The rating is: 8", 8],
    ["On a scale from 1 to 10, the imagined views are an 8.", 8],
    ["Rating: 7, because one sees the back of the two boxes", 7],
    ["<think>7? No, image 2 is dark: 3.</think>8", 8],
    ["it could be 3\n</think>\n\n8", 8],
  ])("%j is %d", (text, rating) => {
    expect(readRating(said(text))).toBe(rating);
  });

  test.each([
    ["eight", 8],
    ["Ten.", 10],
    ["**Eight**", 8],
    ["eight out of 10", 8],
    ["eight out of ten", 8],
    ["ten/10", 10],
    ["Rating: eight", 8],
    ["I'd give it a seven, as the back is seen", 7],
    ["eight because the back is seen", 8],
  ])("in words, %j is %d", (text, rating) => {
    expect(readRating(said(text))).toBe(rating);
  });

  test.each([
    ["８", 8],
    ["９/10", 9],
    ["９／１０", 9],
    ["评分：8", 8],
    ["评分：８／１０", 8],
    ["8分（满分10分）", 8],
  ])("in full-width or Chinese writing, %j is %d", (text, rating) => {
    expect(readRating(said(text))).toBe(rating);
  });

  test.each([
    ["From 1 to 10, I say 8.", 8],
    ["On a scale of 1 to 10, I would rate it 8.", 8],
    ["Rating (1-10): 8", 8],
    ["Rating (1–10, 10 being best): 8", null],
    ["Rating (out of 10): 8", 8],
    ["On a 10-point scale: 8", 8],
    ["On a 10-point scale, I rate it 8.", 8],
    ["On a scale of 10, my rating is 8", 8],
    ["10 out of 10", 10],
    ["10/10", 10],
  ])("the scale is not the rating: %j is %s", (text, rating) => {
    expect(readRating(said(text))).toBe(rating);
  });

  test.each([
    ["the scale alone", "N/10"],
    ["the scale behind a place to fill in", "_/10"],
    ["the scale behind a word", "Rating: x out of 10"],
    ["a form that is not filled in", "Rating (out of 10):"],
    ["a form with its range", "Rating (1-10):"],
    ["the scale in words", "on a 10-point scale"],
    ["the scale and no rating", "On a scale of 1 to 10, it is very helpful."],
    ["the scale's end", "10 is the best"],
    ["the scale's largest", "Rating (max. 10):"],
    ["an image", "Image 1 is very helpful"],
    ["an image alone", "Image 1"],
    ["a view", "The most helpful is view 3."],
    ["several images", "Images 1 and 2 help."],
    ["an image and a number that nobody calls a rating", "Image 1: 8"],
    ["a count", "I see 3 chairs"],
    ["a count at the start", "3 chairs"],
    ["a count with an adjective", "8 very helpful views"],
    ["a count that is said to be given", "The views give 3 chairs."],
    ["a count in words", "two chairs"],
    ["a count of the whole", "8 out of 10 views help"],
    ["words of praise", "one of the best"],
    ["a per cent in a word", "8 percent"],
    ["a per cent in two words", "8 per cent"],
    ["stars", "4 stars"],
    ["a list that begins", "1. The first view shows the back."],
    ["another scale's top", "5 out of 5"],
    ["another scale in words", "four out of five"],
    ["another scale with an own number", "Rating: 5 of 5"],
    ["another scale of ten's kin", "8 out of 100"],
    ["a second thought", "Rating: 8. On second thought 9."],
    ["a second thought that fits", "Rating: 8, though 9 fits too"],
    ["two ratings with what they count", "I rate it 8, but with 9 points at most"],
    ["a second thought in words", "Rating: 8, maybe nine"],
    ["another number for another view", "Rating: 8/10 for the first and 6/10 for the second"],
    ["a range in mixed writing", "7 to eight"],
    ["a range of words", "seven or eight"],
    ["about", "about 8"],
    ["more than", "8+"],
    ["a negative one in words", "negative 8"],
    ["a minus in words", "minus eight"],
    ["thoughts that did not end", "<think>8"],
    ["nothing after the thoughts", "<think>8</think>"],
    ["digits of another script", "٨"],
    ["a circled digit", "⑧"],
    ["a half", "8½"],
  ])("%s is none: %j", (_name, text) => {
    expect(readRating(said(text))).toBeNull();
  });

  test.each([
    ["nothing", ""],
    ["white space", " \n"],
    ["words", "very helpful"],
    ["a range", "7-8"],
    ["a range with an en dash", "7–8"],
    ["a range of equals", "8 - 8"],
    ["a range in words", "7 to 8"],
    ["a range of tens", "7-8/10"],
    ["two numbers", "Image 1 is good: 9"],
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
    ["minus 2", -2],
    ["Minus two.", -2],
    ["negative 2", -2],
    ["Similarity: negative 1", -1],
    ["plus 1", 1],
    ["－2", -2],
    ["＋１", 1],
    ["zero", 0],
    ["From -2 to 2: similarity is 1", 1],
    ["On a scale from −2 to 2, I'd say -1.", -1],
    ["Similarity (-2 to 2): 0", 0],
    ["Similarity (-2..2): 0", 0],
    ["相似度：-1", -1],
    ["<think>2</think>\n-1", -1],
  ])("%j is %d", (text, similarity) => {
    expect(readSimilarity(said(text))).toBe(similarity);
  });

  test.each([
    "",
    "same",
    "3",
    "-2.1",
    "- 2",
    "—2",
    "-2 to 2",
    "1-2",
    "2/10",
    "1/2",
    "2 or -2",
    "±1",
    "a-2",
    "minus 3",
    "minus minus 2",
    "minus",
    "2 out of 2",
    "1 out of 10",
    "2 words differ",
    "two of them",
    "Answer 1 is right",
    "Similarity (-2 to 2):",
    "1 or two",
    "1. nearly the same",
  ])("%j is none", (text) => {
    expect(readSimilarity(said(text))).toBeNull();
  });
});

const range = fc.record({ value: fc.integer({ min: 100, max: 1000 }), places: fc.integer({ min: 0, max: 2 }) });
/** What may be said before a number to say that it is the rating. */
const words = fc.constantFrom(
  "",
  "Rating: ",
  "rating = ",
  "My final score is ",
  "Well.\nRating: (",
  "I would give it ",
);

test("a stated number is read as it is; the same number twice changes nothing, another one makes it unreadable", () => {
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

test("a number among words that say nothing of a rating is none", () => {
  const letters = fc.stringMatching(/^[b-hj-z]{4,9}$/);
  fc.assert(
    fc.property(letters, letters, fc.integer({ min: 1, max: 10 }), (before, after, number) => {
      expect(readRating(said(`${before} ${number} ${after}`))).toBeNull();
    }),
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

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LETTER_READERS } from "../../../src/benchmark/letter-readers.ts";

const { strict, mmsi } = LETTER_READERS;

describe("strictly, a letter is what was stated", () => {
  test.each([
    // Alone, however it is written.
    ["B", "B"],
    [" B.\n", "B"],
    ["b", "B"],
    ["(b)", "B"],
    ["b)", "B"],
    ["[B]", "B"],
    ["**b**", "B"],
    ["_B_", "B"],
    ["__B__", "B"],
    ["'B'", "B"],
    ["“B”", "B"],
    ["`b`", "B"],
    ["``B``", "B"],
    ["{B}", "B"],
    ["Ｂ", "B"],
    ["（ｂ）", "B"],
    ["$B$", "B"],
    ["\\boxed{B}", "B"],
    ["\\boxed{\\text{B}}", "B"],
    // Behind a label.
    ["Answer: b", "B"],
    ["Answer: B\nExplanation: A is too far.", "B"],
    ["**Answer:** B", "B"],
    ["**Answer: B**", "B"],
    ["**Answer**: (B) the red box", "B"],
    ["Final answer = B", "B"],
    ["Answer B", "B"],
    ["The answer is B", "B"],
    ["The answer is A because the box is hidden.", "A"],
    ["The correct answer is option B: left", "B"],
    ["The correct option is (b).", "B"],
    ["The best choice would be C.", "C"],
    ['{"answer": "b"}', "B"],
    ['```json\n{\n  "answer": "B"\n}\n```', "B"],
    ["答案：b", "B"],
    ["答案是B。", "B"],
    ["正确答案为 C", "C"],
    ["选B", "B"],
    ["应选择选项 D。", "D"],
    // In a sentence.
    ["B is correct.", "B"],
    ["Option C is the right answer", "C"],
    ["It is B and not C.", "B"],
    ["It's B.", "B"],
    ["I choose D", "D"],
    ["I would go with option C.", "C"],
    ["Surely (D).", "D"],
    ["Option C: the red one", "C"],
    ["option c", "C"],
    ["B is right.", "B"],
    ["So the object is behind it, hence B.", "B"],
    ["Option A is behind the wall, so B.", "B"],
    // With its text.
    ["B. left", "B"],
    ["B: left", "B"],
    ["b) left", "B"],
    ["(B) left", "B"],
    ["``(C) the red cube``", "C"],
    ["B, because A is hidden", "B"],
    ["B\nA would be behind the wall.", "B"],
    ["The left one.\n\nB", "B"],
    // Where options are listed, the one that was stated.
    ["A. left\nB. right\nAnswer: B", "B"],
    ["A: left\nB: right\nC: behind\nThe answer is C.", "C"],
    // Denied ones are none.
    ["Option A is wrong, B", "B"],
    ["A and C are wrong, so B", "B"],
    ["Not A but B", "B"],
    ["B rather than C", "B"],
    ["``A`` because B is wrong", "A"],
    ["I take `A` over {B}.", "A"],
    ["A can be ruled out. B fits.", "B"],
    ["The answer is not A; it is C.", "C"],
    ["B, not A", "B"],
    // The last word counts.
    ["The answer is A. Wait, the answer is B.", "B"],
    // Marked letters before plain ones.
    ["The answer is ``C``, not `A` or {B}.", "C"],
    ["So {B}, though D is near.", "B"],
    // An article is no letter, nor is a pronoun.
    ["The answer is a red box behind A red wall, that is option B", "B"],
    ["I think B", "B"],
    // Thoughts are none; an answer's own tag wins.
    ["<think>The answer is A.</think>B", "B"],
    ["it must be A\n</think>\n\nThe answer is B.", "B"],
    ["A or C? <answer>B</answer>", "B"],
    ["<think>A</think><answer>\n(b)\n</answer> C is near", "B"],
    ["<Answer> B. left </Answer>", "B"],
    ["<answer>A</answer> no: <answer>B</answer>", "B"],
  ])("%j says %s", (text, letter) => {
    expect(strict(text)).toBe(letter);
  });

  test.each([
    "",
    " \n",
    "N/A",
    "n/a",
    "left",
    "A red cube",
    "a red cube",
    "The answer is a red cube",
    "Answer: A red cube",
    "I",
    "I see nothing",
    "A or B",
    "Answer: A or B",
    "Answer: A and B",
    "A, B",
    "A/B",
    "A\nB\nC\nD",
    "A. left\nB. right",
    "Neither A nor B",
    "A is wrong",
    "The answer is not A",
    "3D",
    "vitamin-B",
    "The A's are many",
    "Point A is left of point B",
    "B is right of C",
    "A is left, B is right",
    "<think>B</think>",
    "<think>B",
    "<answer></answer> B",
    "D'accord",
    "U.S.A.",
    "E",
    "Answer: E. Box B is near.",
  ])("%j says none", (text) => {
    expect(strict(text)).toBeNull();
  });

  test("letters go as far as the truth does", () => {
    expect(strict("E", "E")).toBe("E");
    expect(strict("The answer is (f).", "J")).toBe("F");
    expect(strict("I", "J")).toBe("I");
    expect(strict("I see nothing", "J")).toBeNull();
    expect(strict("Answer: I", "J")).toBe("I");
    expect(strict("I think it is J", "J")).toBe("J");
    expect(strict("Answer: K", "J")).toBeNull();
  });
});

describe("as MMSI-Bench reads: double backticks, in them single ones, in these braces, then a lone A–D", () => {
  test.each([
    ["The answer is ``C``, not `A` or {B}.", "C"],
    ["I take `A` over {B}.", "A"],
    ["So {B}, though D is near.", "B"],
    ["Surely (D).", "D"],
    ["Option C: the red one", "C"],
    ["B", "B"],
    ["``(C) the red cube``", "C"],
    ["`` A ``", "A"],
    ["Option A is wrong, B", "B"],
    ["N/A", "A"],
    ["A. left\nB. right\nAnswer: B", "A"],
    ["It is B and not C.", "C"],
    ["``{B} or C``", "B"],
    ["A red cube", null],
    ["`b`", null],
    ["Ｂ", null],
    ["E", null],
    ["``left`` B", null],
    ["", null],
  ])("%j says %s", (text, letter) => {
    expect(mmsi(text)).toBe(letter);
  });

  test("a truth beyond D can be met", () => {
    expect(mmsi("``E``", "E")).toBe("E");
  });
});

test("whatever is said, a reader gives one of the letters or none, soon", () => {
  const pieces = fc.constantFrom(
    ..."AaBbCI(){}`*_.,:\n ".split(""),
    ..."the answer is |not |wrong|and |or |Option |<think>|</think>|<answer>|</answer>|答案".split("|"),
  );
  const anything = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 200 }).map((each) => each.join("")),
  );
  fc.assert(
    fc.property(anything, (text) => {
      for (const reader of [strict, mmsi]) expect(["A", "B", "C", "D", null]).toContain(reader(text));
    }),
    { numRuns: 1000 },
  );
});

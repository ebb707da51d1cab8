import fc from "fast-check";
import { expect, test } from "vitest";
import { pairwise } from "../../../src/benchmark/pairwise.ts";
import { readVerdict, verdictOf } from "../../../src/benchmark/pairwise-verdict.ts";
import type { Question } from "../../../src/dataset/question.ts";

const IMAGES: Question = {
  id: "one",
  images: ["a.png", "b.png"],
  question: "A red cup.",
  answer: "Image 1 is better",
  question_type: "all",
  scene: "A red cup.",
};
const ANSWERS: Question = {
  ...IMAGES,
  images: ["a.png"],
  candidates: ["A cup.", "A cat."],
  answer: "Answer 2 is better",
};
const settings = pairwise.settings.parse({});

test.each([
  ["<answer>Image 1 is better</answer>", "Image 1 is better"],
  ["<think>Image 1 is better? No.</think>\n<answer>\n Image  2 is\nbetter </answer>", "Image 2 is better"],
  ["<think><answer>Image 1 is better</answer></think><answer>Image 2 is better</answer>", "Image 2 is better"],
  ["</think><ANSWER>Image 1 is better</ANSWER>", "Image 1 is better"],
])("%j says %j", (text, verdict) => {
  expect(readVerdict(text, "Image")).toBe(verdict);
});

test.each([
  "",
  "Image 1 is better",
  "<answer></answer>",
  "<answer>Image 1</answer>",
  "<answer>Image 3 is better</answer>",
  "<answer>image 1 is better</answer>",
  "<answer>Image 1 is better.</answer>",
  "<answer>Answer 1 is better</answer>",
  "<answer>Image 1 is better, Image 2 is better</answer>",
  "<answer>Image 1 is better</answer><answer>Image 2 is better</answer>",
  "<answer>Image 1 is better</answer><answer>Image 1 is better</answer>",
  "<answer>Image 1 is better",
  "<think>I wonder <answer>Image 1 is better</answer>",
  "<think>Image 2 is better</think> Image 1 is better",
])("%j says nothing", (text) => {
  expect(readVerdict(text, "Image")).toBeNull();
});

const PIECES = [
  "<answer>",
  "</answer>",
  "<think>",
  "</think>",
  "Image 1 is better",
  "Image 2 is better",
  "Answer 1 is better",
  " ",
  "\n",
  "so",
];

test("whatever is said, a verdict is one of the two sentences, and stands in the only tag behind the thoughts", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      const verdict = readVerdict(text, "Image");
      if (verdict === null) return;
      expect([verdictOf("Image", 1), verdictOf("Image", 2)]).toContain(verdict);
      const spoken = text.slice(text.lastIndexOf("</think>") + 1);
      expect(spoken.split("</answer>")).toHaveLength(2);
      expect(spoken.slice(spoken.indexOf("<answer>") + 8, spoken.indexOf("</answer>")).trim()).toBe(verdict);
    }),
  );
});

test("thoughts change no verdict, whatever is in them", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(1 as const, 2 as const), (thought, place) => {
      const said = `<answer>${verdictOf("Answer", place)}</answer>`;
      expect(readVerdict(`<think>${thought}</think>${said}`, "Answer")).toBe(verdictOf("Answer", place));
    }),
  );
});

test("the first of a pair is drawn by the seed, and the truth goes with it", () => {
  const pairs = Array.from({ length: 400 }, (_, at): Question => ({ ...IMAGES, id: `pair-${at}` }));
  const shown = pairs.map((each) => pairwise.arranged!(each, 3));
  const swapped = shown.filter(({ images }) => images[0] === "b.png");
  expect(swapped.length).toBeGreaterThan(150);
  expect(swapped.length).toBeLessThan(250);
  for (const { images, answer } of shown)
    expect(answer).toBe(images[0] === "a.png" ? "Image 1 is better" : "Image 2 is better");
  expect(pairs.map((each) => pairwise.arranged!(each, 3))).toEqual(shown);
  expect(pairs.map((each) => pairwise.arranged!(each, 4))).not.toEqual(shown);
  const turned = pairs.map(({ id }) => pairwise.arranged!({ ...ANSWERS, id }, 3));
  for (const { images, candidates, answer } of turned) {
    expect(images).toEqual(["a.png"]);
    expect(answer).toBe(candidates![1] === "A cat." ? "Answer 2 is better" : "Answer 1 is better");
  }
});

test.each<[Partial<Question>, string]>([
  [{ answer: undefined as never }, "it does not say which of the two is better"],
  [
    { answer: "Image 3 is better" },
    'its truth "Image 3 is better" is neither "Image 1 is better" nor "Image 2 is better"',
  ],
  [{ images: ["a.png"] }, "it has 1 images to compare; two are needed"],
  [{ images: ["a.png", "a.png"] }, "its two images are the same picture"],
  [{ ...ANSWERS, candidates: ["A cup."] }, "it has 1 answers to compare; two are needed"],
  [{ ...ANSWERS, candidates: ["A cup.", "A cup."] }, "its two answers are the same text"],
])("a pair with %j cannot be judged", (change, problem) => {
  expect(pairwise.problem({ ...IMAGES, ...change })).toBe(problem);
});

test("two files of the same pixels are one picture", () => {
  expect(pairwise.problem(IMAGES)).toBeUndefined();
  expect(pairwise.problem(IMAGES, ["p", "q"])).toBeUndefined();
  expect(pairwise.problem(IMAGES, ["p", "p"])).toBe("its two images are the same picture");
});

test("what is asked has the caption as it is, placeholders and all", () => {
  const caption = "A sign that says {question} and {first}.";
  const [{ content }] = pairwise.ask({ ...IMAGES, question: caption }, ["/a", "/b"], settings) as [
    ReturnType<typeof pairwise.ask>[number],
  ];
  expect(content.map((part) => (part.type === "image" ? part.image : part.type))).toEqual(["/a", "/b", "text"]);
  expect(JSON.stringify(content)).toContain(caption);
  const answers = pairwise.ask({ ...ANSWERS, candidates: ["{second}", "A cat."] }, ["/a"], settings);
  expect(JSON.stringify(answers)).toContain("Answer 1: {second}\\nAnswer 2: A cat.");
});

test.each([
  [{ images: "Which?" }, "{question} must be in it"],
  [{ answers: "{question} {first}" }, "{question}, {first}, {second} must be in it"],
  [{ images: "<image> {question}" }, "no marker is possible"],
])("a template that asks nothing is refused: %j", (given, told) => {
  expect(pairwise.settings.safeParse(given).error?.message).toContain(told);
});

test("the bias of a policy that always says the first is how much more often it says so than it is right", () => {
  const bias = pairwise.measures!["position bias"]!;
  const about = { text: "", said: "Image 1 is better" };
  expect(bias({ ...about, truth: "Image 1 is better" })).toBe(0);
  expect(bias({ ...about, truth: "Image 2 is better" })).toBe(1);
  expect(bias({ ...about, said: "Image 2 is better", truth: "Image 1 is better" })).toBe(-1);
  expect(bias({ ...about, said: null, truth: "Image 1 is better" })).toBeNull();
  expect(pairwise.measures!["words"]!({ text: " one  two\nthree ", said: null, truth: "" })).toBe(3);
});

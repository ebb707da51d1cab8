import { join } from "node:path";
import { expect, test } from "vitest";
import { adapterOf, type DATA_SETS } from "../../../../src/dataset/sets/index.ts";
import type { ExampleKind, Fields } from "../../../../src/dataset/sets/example.ts";
import { loadExamples } from "../../../../src/dataset/sets/read.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/sets");

/** What row 7 of a data set becomes. */
function told(set: keyof typeof DATA_SETS, kind: ExampleKind, row: Fields): unknown {
  const read = adapterOf(set).as[kind]!(row, 7);
  return "problem" in read ? read : read.examples;
}

const problem = (set: keyof typeof DATA_SETS, kind: ExampleKind, row: Fields): unknown =>
  (told(set, kind, row) as { problem?: string }).problem;

const PAIR = { question: "What is it?", chosen: "A cup.", rejected: "A cat." };

test.each([
  ["JSON in a text", { image: "a.jpg", text: JSON.stringify(PAIR) }],
  ["an object", { image: { path: "a.jpg", bytes: null }, text: PAIR }],
  ["the row itself, as RLAIF-V has it", { image_path: "a.jpg", ...PAIR }],
  ["markers in front", { image: "a.jpg", ...PAIR, question: "<image>\nWhat is it?" }],
])("an RLHF-V row with its texts as %s", (_, row) => {
  const about = { id: "7", image: ["a.jpg"], prompt: "What is it?" };
  expect(told("rlhf-v", "preference", row)).toEqual([{ ...about, chosen: "A cup.", rejected: "A cat." }]);
  expect(told("rlhf-v", "demonstration", row)).toEqual([{ ...about, answer: "A cup." }]);
});

test.each([
  [{ image: "a.jpg", text: "{question" }, "text is no JSON; an object with question, chosen and rejected is needed"],
  [{ image: "a.jpg", text: "[]" }, "text is no object; one with question, chosen and rejected is needed"],
  [{ image: "a.jpg", text: { ...PAIR, chosen: " " } }, "chosen is missing or empty"],
  [{ image: "a.jpg", text: { ...PAIR, rejected: 3 } }, "rejected is missing or empty"],
  [
    { image: "a.jpg", text: { ...PAIR, rejected: "A cup." } },
    "chosen and rejected are the same text; nothing can be preferred",
  ],
  [
    { image: "a.jpg", ...PAIR, question: "Is <image> a cup?" },
    "question has the marker <image>; images and turns are added by themselves",
  ],
  [{ image: "a.jpg", ...PAIR, question: "\ud83d" }, "question has half a character in it"],
  [PAIR, "image is missing or empty; a file name or a list of them is needed"],
  [
    { image: { bytes: new Uint8Array([1]), path: "a.jpg" }, ...PAIR },
    "image[0] holds an image itself, where a file name is needed; images that lie in rows are written as files by `bin/snowball data unpack FILE --to FOLDER`",
  ],
])("an RLHF-V row that is broken: %j", (row, sentence) => {
  expect(problem("rlhf-v", "preference", row)).toBe(sentence);
  expect(problem("rlhf-v", "demonstration", row)).toBe(sentence);
});

test("a PixMo-Cap row is a demonstration once its image is a file", () => {
  const row = { image_url: "https://x.example/a.jpg", caption: "A cup on a box. ", transcripts: ["uh, a cup"] };
  expect(problem("pixmo-cap", "demonstration", row)).toBe(
    "image_url is an address; images of the web are fetched by `bin/snowball data get FORMAT --from FILE --to FOLDER`",
  );
  expect(told("pixmo-cap", "demonstration", { ...row, image: "images/1.jpg" })).toEqual([
    { id: "7", image: ["images/1.jpg"], prompt: "Describe this image in detail.", answer: "A cup on a box." },
  ]);
  expect(problem("pixmo-cap", "demonstration", { image: "a.jpg", caption: null })).toBe("caption is missing or empty");
  expect(problem("pixmo-cap", "demonstration", { image: "https://x.example/a.jpg", caption: "A cup." })).toMatch(
    /^image\[0\] "https:.*" is an address; .*; images of the web are fetched by/,
  );
});

const SENTENCE = {
  image: "1.jpg",
  image_link: "http://x.example/1.jpg",
  caption: "The cup is on the box.",
  relation: "on",
};

test.each([
  [1, "true"],
  [0, "false"],
  [1n, "true"],
  [false, "false"],
  ["1", "true"],
])("a VSR row with the label %s is %s", (label, truth) => {
  expect(told("vsr", "task", { ...SENTENCE, label })).toEqual([
    {
      id: "7",
      image: ["1.jpg"],
      prompt: "Is this sentence about the image true or false? The cup is on the box.\nAnswer with true or false.",
      truth,
      kind: "spatial",
    },
  ]);
  expect(told("vsr", "item", { ...SENTENCE, label })).toEqual([
    {
      id: "7",
      images: ["1.jpg"],
      question: "The cup is on the box.",
      answer: truth,
      question_type: "on",
      scene: "1.jpg",
    },
  ]);
});

test("a VSR row without a label, a caption or a file", () => {
  expect(problem("vsr", "task", SENTENCE)).toBe("label is null; 1 (true) or 0 (false) is needed");
  expect(problem("vsr", "item", { ...SENTENCE, label: 2 })).toBe("label is 2; 1 (true) or 0 (false) is needed");
  expect(problem("vsr", "item", { ...SENTENCE, label: 1, caption: "" })).toBe("caption is missing or empty");
  expect(problem("vsr", "item", { ...SENTENCE, label: 1, image: null })).toMatch(/^image_link is an address; /);
});

const CHOICE = {
  idx: 12,
  type: "2D",
  task: "Count",
  image: "a.png",
  question: "How many?",
  choices: ["3", "2"],
  answer: "(B)",
  source: "COCO",
};
const ITEM = { id: "12", images: ["a.png"], answer: "B", question_type: "Count", scene: "a.png", source: "COCO" };

test("a CV-Bench row is asked as its prompt says, or with its choices behind the question", () => {
  const prompt = "How many? Select from the following choices.\n(A) 3\n(B) 2";
  expect(told("cv-bench", "item", { ...CHOICE, prompt })).toEqual([{ ...ITEM, question: prompt }]);
  expect(told("cv-bench", "item", CHOICE)).toEqual([{ ...ITEM, question: "How many?\nA. 3\nB. 2" }]);
  const named = { ...CHOICE, image: undefined, filename: "img/2D/a.png" };
  expect(told("cv-bench", "item", named)).toMatchObject([{ images: ["img/2D/a.png"] }]);
});

test.each([
  [{ choices: null }, "choices is missing; the texts of the options are needed"],
  [{ choices: ["3", ""] }, "choices[1] is no text or empty"],
  [{ choices: ["3", null] }, "choices[1] is no text or empty"],
  [{ choices: ["3"] }, "choices has 1 entries; 2 to 10 are possible (A to J)"],
  [{ answer: "(C)" }, 'answer is "(C)", which is none of the 2 options'],
  [{ answer: undefined }, "answer is missing or empty"],
])("a CV-Bench row with %j is refused", (more, sentence) => {
  expect(told("cv-bench", "item", { ...CHOICE, ...more })).toEqual({ id: "12", problem: sentence });
});

test.each([
  [{ question: "How many cups are there?", answer: "3" }, "3", "counting"],
  [{ question: "How many cups are there?", answer: 3 }, "3", "counting"],
  [{ question: "Count the cups.", answer: "Three." }, "3", "counting"],
  [{ question: "What is the number of cups?", answer: "03" }, "3", "counting"],
  [{ question: "How many metres is it away?", answer: "1.5" }, "1.5", "spatial"],
  [{ question: "How far is the cup?", answer: "3" }, "3", "spatial"],
  [{ question: "How many cups are there?", answer: "Several" }, "Several", "spatial"],
  [{ question: "How far is the cup?", answer: "3", type: "counting" }, "3", "counting"],
  [{ question: "How many cups are there?", answer: "3", kind: "spatial" }, "3", "spatial"],
  [{ question: "How many cups are there?", answer: "3", type: "qa" }, "3", "counting"],
])("the task of %j has the truth %s and is %s", (row, truth, kind) => {
  const { question: prompt } = row;
  expect(told("spatial-qa", "task", { image: "a.png", ...row })).toEqual([
    { id: "7", image: ["a.png"], prompt, truth, kind },
  ]);
});

test("a question with options has a letter as its truth, and is no count", () => {
  const row = { id: "q", image: "a.png", question: "How many cups?", choices: ["2", "4"], answer: "4" };
  const prompt = "How many cups?\nA. 2\nB. 4";
  expect(told("spatial-qa", "task", row)).toEqual([{ id: "q", image: ["a.png"], prompt, truth: "B", kind: "spatial" }]);
  expect(told("spatial-qa", "demonstration", row)).toEqual([{ id: "q", image: ["a.png"], prompt, answer: "B" }]);
  expect(problem("spatial-qa", "task", { ...row, kind: "counting" })).toBe(
    "it counts, but has options, whose truth is a letter; one of the two has to go",
  );
});

test("every question of a conversation is an example of its own", () => {
  const conversations = [
    { from: "human", value: "<image>\nIs the cup left of the box?" },
    { from: "gpt", value: "Yes." },
    { from: "human", value: "How many cups are there?" },
    { from: "gpt", value: "2" },
  ];
  expect(told("spatial-qa", "task", { id: 4, image: "a.png", conversations })).toEqual([
    { id: "4-0", image: ["a.png"], prompt: "Is the cup left of the box?", truth: "Yes.", kind: "spatial" },
    { id: "4-1", image: ["a.png"], prompt: "How many cups are there?", truth: "2", kind: "counting" },
  ]);
});

test.each([
  [{ answer: "3" }, "question is missing or empty"],
  [{ question: "Where?", answer: "" }, "answer is missing or empty"],
  [{ question: "How many?", answer: "lots", kind: "counting" }, 'it counts, but its answer "lots" is no whole number'],
  [{ question: "Which?", choices: ["a", "b"], answer: "c" }, 'answer is "c", which is none of the 2 options'],
  [{ conversations: [] }, "conversations has no turns"],
  [{ conversations: "Hi" }, "conversations is no list of turns"],
  [
    { messages: [{ role: "user", content: "Where?" }] },
    "messages has no answer behind each question: turns of user and assistant are needed in turn",
  ],
  [
    {
      messages: [
        { role: "system", content: "Be short." },
        { role: "user", content: "Where?" },
      ],
    },
    "messages has no answer behind each question: turns of user and assistant are needed in turn",
  ],
])("a spatial question that is broken: %j", (row, sentence) => {
  expect(problem("spatial-qa", "task", { image: "a.png", ...row })).toBe(sentence);
});

test("neutral rows are taken as they are", () => {
  const asked = { id: "x", image: ["a.png"], prompt: "Where?" };
  expect(told("plain", "demonstration", { ...asked, answer: "Left." })).toEqual([{ ...asked, answer: "Left." }]);
  const pair = { ...asked, chosen: "Left.", rejected: "Right." };
  expect(told("plain", "preference", pair)).toEqual([pair]);
  const task = { ...asked, truth: "2", kind: "counting" };
  expect(told("plain", "task", task)).toEqual([task]);
  expect(problem("plain", "task", { ...task, kind: "size" })).toBe('kind is "size"; spatial or counting is needed');
  expect(problem("plain", "task", { ...task, truth: "two" })).toBe(
    'it counts, but its truth "two" is no whole number in digits',
  );
  expect(problem("plain", "preference", { ...pair, rejected: "Left." })).toMatch(/same text/);
});

test("what no version knows is refused by name", () => {
  expect(() => adapterOf("coco")).toThrow(
    '"coco" is no data set that this version knows; plain, rlhf-v, pixmo-cap, spatial-qa, vsr, cv-bench, pairwise, evalmuse, hpd, llava-critic, genai-bench, vl-rewardbench, sharegpt, vqa are.',
  );
});

const parquet = (path: string, format: string, kind: ExampleKind) =>
  loadExamples(FIXTURES, { path: `${path}.parquet`, format }, kind);

test("parquet files as they are published", async () => {
  const { examples } = await parquet("rlhf-v.names", "rlhf-v", "preference");
  expect(examples).toEqual([
    { id: "1", image: ["a.jpg"], prompt: "What is it?", chosen: "A cup.", rejected: "A cat." },
    { id: "2", image: ["b.jpg"], prompt: "How many?", chosen: "Two.", rejected: "Nine." },
  ]);
  expect((await parquet("spatial-qa", "spatial-qa", "task")).examples).toEqual([
    { id: "1-0", image: ["a.png"], prompt: "How far is the cup from the box?", truth: "1.5 metres.", kind: "spatial" },
    { id: "1-1", image: ["a.png"], prompt: "How many cups are there?", truth: "3", kind: "counting" },
  ]);
  expect((await parquet("vsr", "vsr", "item")).examples).toMatchObject([
    { id: "1", images: ["000000050403.jpg"], answer: "true", question_type: "in front of" },
    { id: "2", images: ["000000401552.jpg"], answer: "false", question_type: "far away from" },
  ]);
  expect((await parquet("cv-bench.names", "cv-bench", "item")).examples).toMatchObject([
    { id: "0", answer: "B", question_type: "Count", source: "ADE20K", images: ["img/2D/count/ade20k_0.png"] },
    { id: "1", answer: "A", question_type: "Depth", source: "Omni3D" },
  ]);
});

test.each([
  ["rlhf-v", "rlhf-v", "preference", "image"],
  ["cv-bench", "cv-bench", "item", "image"],
  ["spatial-qa.packed", "spatial-qa", "demonstration", "images"],
] as const)("images that lie in the rows of %s.parquet have to be unpacked", async (file, format, kind, column) => {
  await expect(parquet(file, format, kind)).rejects.toThrow(
    `${file}.parquet holds the images themselves (in the column ${column}), where file names are needed; ` +
      `\`bin/snowball data unpack ${file}.parquet --format ${format} --to FOLDER\` writes them as files, with rows.jsonl beside them.`,
  );
});

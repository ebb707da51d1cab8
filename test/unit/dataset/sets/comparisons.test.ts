import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Question } from "../../../../src/dataset/question.ts";
import type { Fields } from "../../../../src/dataset/sets/example.ts";
import { adapterOf, type DATA_SETS } from "../../../../src/dataset/sets/index.ts";
import { loadExamples } from "../../../../src/dataset/sets/read.ts";

/** What row 7 of a data set becomes. */
function told(set: keyof typeof DATA_SETS, row: Fields): readonly Question[] | string {
  const read = adapterOf(set).as.item!(row, 7);
  return "problem" in read ? read.problem : read.examples;
}

const IMAGES = { images: ["a.png", "b.png"], question: "A red cup.", question_type: "all", scene: "A red cup." };
const first = [{ id: "7", ...IMAGES, answer: "Image 1 is better" }];
const second = [{ id: "7", ...IMAGES, answer: "Image 2 is better" }];
const ASKED = {
  images: ["a.png"],
  question: "What is it?",
  candidates: ["A cup.", "A cat."],
  question_type: "all",
  scene: "a.png",
};

test("a plain pair of images, and one of answers", () => {
  const row = { images: ["a.png", "b.png"], caption: "A red cup." };
  expect(told("pairwise", { ...row, better: 1 })).toEqual(first);
  expect(told("pairwise", { ...row, better: "2" })).toEqual(second);
  expect(told("pairwise", { ...row, better: 3 })).toBe("better is 3; 1 or 2 is needed");
  expect(told("pairwise", row)).toBe("better is null; 1 or 2 is needed");
  expect(told("pairwise", { ...row, caption: "A <image>", better: 1 })).toContain("caption has the marker <image>");
  const asked = { image: "a.png", question: "What is it?", answers: ["A cup.", "A cat."], better: 2, type: "cups" };
  expect(told("pairwise", asked)).toEqual([{ id: "7", ...ASKED, question_type: "cups", answer: "Answer 2 is better" }]);
  expect(told("pairwise", { ...asked, answers: ["A cup.", " "] })).toBe("answer 2 is missing or empty");
});

test("HPDv2 to train with, HPDv2 to test with, HPDv3", () => {
  const prompt = "A red cup.";
  expect(told("hpd", { prompt, file_path: ["a.png", "b.png"], human_preference: [0, 1] })).toEqual(second);
  expect(told("hpd", { prompt, image_path: ["a.png", "x.png", "b.png"], rank: [1, 2, 3] })).toEqual(first);
  expect(told("hpd", { prompt, image_path: ["a.png", "x.png", "b.png"], rank: [3n, 2n, 1n] })).toEqual(second);
  expect(told("hpd", { prompt, path1: "a.png", path2: "b.png" })).toEqual(first);
  expect(told("hpd", { prompt, file_path: ["a.png", "b.png"], human_preference: [1, 1] })).toEqual([]);
  expect(told("hpd", { prompt, file_path: ["a.png", "b.png"], human_preference: [1] })).toBe(
    "human_preference is [1]; a number for each of its 2 images is needed",
  );
});

test("GenAI-Bench: votes, ties, and what is no vote", () => {
  const row = { left_image: "a.png", right_image: { path: "b.png" }, prompt: "A red cup." };
  expect(told("genai-bench", { ...row, vote_type: "leftvote" })).toEqual(first);
  expect(told("genai-bench", { ...row, vote_type: "rightvote" })).toEqual(second);
  expect(told("genai-bench", { ...row, vote_type: "tievote" })).toEqual([]);
  expect(told("genai-bench", { ...row, vote_type: "bothbad_vote" })).toEqual([]);
  expect(told("genai-bench", { ...row, vote_type: "none" })).toContain('vote_type is "none"');
  expect(told("genai-bench", { ...row, right_image: undefined, vote_type: "leftvote" })).toContain(
    "right_image is missing",
  );
});

test("VL-RewardBench: rank 0 is the better answer, and ids tell its families", () => {
  const row = { id: "RLAIF-V_9", image: "a.png", query: "<image>\nWhat is it?", response: ["A cup.", "A cat."] };
  const about = { ...ASKED, id: "RLAIF-V_9", question_type: "hallucination" };
  expect(told("vl-rewardbench", { ...row, human_ranking: [0, 1] })).toEqual([
    { ...about, answer: "Answer 1 is better" },
  ]);
  expect(told("vl-rewardbench", { ...row, human_ranking: [1n, 0n] })).toEqual([
    { ...about, answer: "Answer 2 is better" },
  ]);
  expect(told("vl-rewardbench", { ...row, human_ranking: [0, 0] })).toBe(
    "human_ranking is [0,0]; [0, 1] or [1, 0] is needed",
  );
  expect(told("vl-rewardbench", { ...row, response: ["A cup."], human_ranking: [0, 1] })).toBe(
    "response is no list of two answers",
  );
  const [{ question_type: general }] = told("vl-rewardbench", { ...row, id: "77", human_ranking: [0, 1] }) as [
    Question,
  ];
  expect(general).toBe("general");
  const [{ question_type: reasoning }] = told("vl-rewardbench", { ...row, id: "mmmu_1", human_ranking: [0, 1] }) as [
    Question,
  ];
  expect(reasoning).toBe("reasoning");
});

test("LLaVA-Critic: a conversation about two responses, and its fields", () => {
  const value =
    "<image>\nPlease serve as a fair judge.\nQuestion: [What is it?]\nThe first response: [A cup.]\nThe second response: [A cat.]\nASSISTANT:\n";
  const judged = (said: string): Fields => ({
    image: "a.png",
    conversations: [
      { from: "human", value },
      { from: "gpt", value: said },
    ],
  });
  const about = { id: "7", ...ASKED };
  expect(told("llava-critic", judged("The second response is better. The first response is wrong."))).toEqual([
    { ...about, answer: "Answer 2 is better" },
  ]);
  expect(told("llava-critic", judged("Both are good, so they are equally helpful."))).toEqual([]);
  expect(told("llava-critic", judged("It depends."))).toBe("its answer calls neither of the two responses better");
  expect(told("llava-critic", judged("The first response is better. Then again, the second response is better."))).toBe(
    "its answer calls each of the two responses better",
  );
  const fields = { image: "a.png", question: "What is it?", response1: "A cup.", response2: "A cat.", better: 1 };
  expect(told("llava-critic", fields)).toEqual([{ ...about, answer: "Answer 1 is better" }]);
  const alone = { image: "a.png", conversations: [{ from: "human", value: "Rate it." }] };
  expect(told("llava-critic", alone)).toContain("only pairs can be compared");
});

/** A row of EvalMuse. */
function row(prompt_id: string, img_path: string, total_score: unknown): object {
  return { prompt_id, prompt: "A red cup.", type: "real", img_path, total_score };
}

test("EvalMuse: the rows of a prompt are one comparison, wherever they lie in the file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "evalmuse-"));
  const rows = [
    row("p1", "b.png", [2, 3, 3]),
    row("p2", "x.png", [5, 5]),
    row("p1", "c.png", [4, 4, 4]),
    row("p2", "y.png", [5, 5]),
    row("p1", "a.png", [1, 1, 2]),
    row("p3", "z.png", [1]),
  ];
  writeFileSync(join(folder, "train.json"), JSON.stringify(rows));
  const { examples, rows: places } = await loadExamples(folder, { path: "train.json", format: "evalmuse" }, "item");
  expect(examples).toEqual([{ ...first[0], id: "p1", images: ["c.png", "a.png"], question_type: "real" }]);
  expect(places).toEqual([1]);
  writeFileSync(join(folder, "bad.json"), JSON.stringify([row("p1", "a.png", null), row("p1", "b.png", [1])]));
  await expect(loadExamples(folder, { path: "bad.json", format: "evalmuse" }, "item")).rejects.toThrow(
    "total_score is null; a number, or one of each rater, is needed",
  );
});

/** What row 7 of a sharegpt file becomes. */
function read(given: Fields): unknown {
  const found = adapterOf("sharegpt").as.demonstration!(given, 7);
  return "problem" in found ? found.problem : found.examples;
}

test("a chain in the sharegpt shape is a demonstration", () => {
  const conversations = [
    { from: "human", value: "<image>\n<image>\nWhich is better?" },
    { from: "gpt", value: "<think>So.</think><answer>Image 1 is better</answer>" },
  ];
  const images = ["a.png", "b.png"];
  const example = {
    id: "7",
    image: images,
    prompt: "Which is better?",
    answer: "<think>So.</think><answer>Image 1 is better</answer>",
  };
  expect(read({ images, conversations })).toEqual([example]);
  const messages = [
    { role: "system", content: "Be fair." },
    { role: "user", content: "Which is better?" },
    { role: "assistant", content: example.answer },
  ];
  expect(read({ images, messages })).toEqual([{ ...example, system: "Be fair." }]);
  expect(read({ images: ["a.png"], conversations })).toBe("the question marks 2 images, but the row names 1");
  expect(read({ images, conversations: conversations.slice(0, 1) })).toContain("conversations has 1 turns");
  expect(read({ images })).toBe("conversations is no list of turns");
});

import { rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkData, type DataSummary } from "../../../../src/pipeline/snowball/check-data.ts";
import type { DataProblem } from "../../../../src/dataset/problems.ts";
import type { Recipe } from "../../../../src/pipeline/snowball/recipe/index.ts";
import { aRow, dataRoot, picture } from "../../../support/data.ts";
import { parsed } from "../../../support/recipe.ts";

async function check(root: string, recipe: Recipe): Promise<{ problems: DataProblem[]; summary: DataSummary }> {
  const problems: DataProblem[] = [];
  const summary = await checkData(root, recipe, {
    signal: new AbortController().signal,
    report: (problem) => problems.push(problem),
    onProgress: () => undefined,
  });
  return { problems, summary };
}

const sentences = (problems: readonly DataProblem[]): string[] => problems.map(({ sentence }) => sentence);

test("good data: nothing, and what there is", async () => {
  const rows = [aRow("a"), aRow("b", { question_type: "right" }), aRow("c", { images: ["a.png", "c.png"] })];
  const { root, recipe } = await dataRoot(rows);
  expect(await check(root, recipe)).toEqual({
    problems: [],
    summary: {
      questions: 3,
      pairs: 0,
      answered: 3,
      images: 3,
      scenes: 2,
      families: { left: 2, right: 1 },
      leftOut: { besideHeldOut: 0, aboveMaxSamples: 0 },
    },
  });
  const held = await dataRoot(rows, { held_out: { val: 0, test: 1 }, max_samples: 1 });
  const { besideHeldOut, aboveMaxSamples } = (await check(held.root, held.recipe)).summary.leftOut!;
  // Of the scene with two questions both are on one side: one is left out there, or one is above max_samples.
  expect(besideHeldOut + aboveMaxSamples).toBe(1);
});

test("every broken row and every broken image, each once", async () => {
  const { root, recipe, put } = await dataRoot([
    aRow("a"),
    aRow("b", { question: "" }),
    aRow("c"),
    aRow("d", { images: ["c.png", "d.png"] }),
    aRow("a"),
    aRow("e", { images: ["../x.png"] }),
    aRow("f"),
  ]);
  const file = join(root, "data/questions.jsonl");
  writeFileSync(file, '{"id": "torn\n', { flag: "a" });
  rmSync(join(root, "data/images/c.png"));
  truncateSync(join(root, "data/images/d.png"), 0);
  rmSync(join(root, "data/images/f.png"));
  symlinkSync(put("outside.png", "x"), join(root, "data/images/f.png"));
  const { problems, summary } = await check(root, recipe);
  expect(sentences(problems).toSorted()).toEqual([
    'data/questions.jsonl, row 2 (id "b"): question is missing or empty.',
    'data/questions.jsonl, row 3 (id "c"): image "c.png" does not exist (1 more question names it).',
    'data/questions.jsonl, row 4 (id "d"): images[1] "d.png" is empty (0 bytes).',
    'data/questions.jsonl, row 5 (id "a"): row 1 has the same id; ids name folders and must differ.',
    'data/questions.jsonl, row 6 (id "e"): images[0] "../x.png" leaves image_root; a name relative to it is needed.',
    'data/questions.jsonl, row 7 (id "f"): image "f.png" is outside data.image_root; put the file itself into it.',
    expect.stringMatching(/^data\/questions\.jsonl, row 8: it is not JSON \(.*\)\.$/),
  ]);
  expect(problems[0]).toEqual({ file: "data/questions.jsonl", row: 2, id: "b", sentence: expect.any(String) });
  expect(summary).toMatchObject({ questions: 4, images: 1 });
});

test("there is no end of the list, and a file that breaks off is said after the rows before it", async () => {
  const { root, recipe, put } = await dataRoot([aRow("a")]);
  put("questions.jsonl", `[${Array.from({ length: 250 }, (_, id) => JSON.stringify({ id })).join()},`);
  const { problems } = await check(root, recipe);
  expect(problems).toHaveLength(251);
  expect(problems.at(-1)!.sentence).toBe("data/questions.jsonl is cut off after row 250: the closing ] is missing.");
});

test("in a mixed set every row without an answer", async () => {
  const { root, recipe } = await dataRoot([aRow("a"), aRow("b", { answer: null }), aRow("c", { answer: undefined })]);
  const { problems, summary } = await check(root, recipe);
  expect(sentences(problems)).toEqual([
    'data/questions.jsonl, row 2 (id "b"): it has no answer while others have one.',
    'data/questions.jsonl, row 3 (id "c"): it has no answer while others have one.',
  ]);
  expect(summary.answered).toBe(1);
});

test("no answers are fine unless the scores need them", async () => {
  const { root, recipe } = await dataRoot([aRow("a", { answer: null })]);
  recipe.scoring.method = "answer_gain";
  expect(sentences((await check(root, recipe)).problems)).toEqual([
    expect.stringContaining("scoring.method is answer_gain"),
  ]);
  recipe.scoring.method = "confidence";
  expect(await check(root, recipe)).toMatchObject({ problems: [], summary: { answered: 0 } });
});

test("every held-out question that training sees, under whatever name its picture goes", async () => {
  const rows = Array.from({ length: 6 }, (_, i) => aRow(`q${i}`));
  const { root, recipe } = await dataRoot(rows, { held_out: { val: 0, test: 2 } });
  for (const { id } of rows)
    await picture(1)
      .png()
      .toFile(join(root, `data/images/${String(id)}.png`));
  const { problems } = await check(root, recipe);
  expect(problems).toHaveLength(2);
  for (const { sentence, id } of problems) {
    expect(sentence).toMatch(/^Held-out question "q\d" and training question "q\d" show the same picture and text;/);
    expect(sentence).toContain(`Held-out question "${id}"`);
  }
});

test("nothing at all, and too little", async () => {
  const { root, recipe } = await dataRoot([], { held_out: { val: 0, test: 1 } });
  expect(sentences((await check(root, recipe)).problems)).toEqual(["data/questions.jsonl has no rows."]);
  const one = await dataRoot([aRow("a")], { held_out: { val: 0, test: 1 } });
  expect(sentences((await check(one.root, one.recipe)).problems)).toEqual([
    expect.stringMatching(/^The data has 1 questions: .* 0 are left for 1 iterations/),
  ]);
});

test("pairs of the user's own are looked at with the questions that are held out", async () => {
  const { root, recipe, put } = await dataRoot([aRow("a"), aRow("b")], { held_out: { val: 0, test: 2 } });
  const pair = { prompt: "Where?", chosen: "x", rejected: "y" };
  put(
    "pairs.json",
    JSON.stringify([
      { id: "p", image: "new.png", ...pair },
      { id: "p2", ...pair },
    ]),
  );
  const { loop: _, ...rest } = recipe;
  const round = parsed({ ...rest, pipeline: "single-round", round: { pairs: "data/pairs.json" } });
  await picture(0).tiff({ compression: "lzw" }).toFile(join(root, "data/images/new.png"));
  const { problems, summary } = await check(root, round);
  expect(sentences(problems)).toEqual([
    'data/pairs.json, row 2 (id "p2"): image is missing or empty; a file name or a list of them is needed.',
    expect.stringContaining('Held-out question "a" and training question "pair p" show the same picture'),
  ]);
  expect(summary).toMatchObject({ pairs: 1, questions: 2, images: 3 });
});

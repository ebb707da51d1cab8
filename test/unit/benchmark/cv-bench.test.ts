import { expect, test } from "vitest";
import { cvBench } from "../../../src/benchmark/cv-bench.ts";
import { partOf } from "../../../src/benchmark/scores.ts";
import { anImported } from "../../support/sample.ts";

const item = {
  ...anImported("q"),
  question: "How many? Select from the following choices.\n(A) 3\n(B) 2",
  answer: "B",
  question_type: "Count",
  source: "COCO",
};

test("a question is asked with its choices, and for a letter", () => {
  expect(cvBench.ask(item, ["/a.png"], {})[0]!.content).toEqual([
    { type: "image", image: "/a.png" },
    { type: "text", text: `${item.question}\nAnswer with the letter of the right choice.` },
  ]);
});

test.each([
  ["(B)", "B", true],
  ["The answer is (A).", "A", false],
  ["<think>A</think><answer>B</answer>", "B", true],
  // Six choices can be; a seventh letter is none.
  ["F", "F", false],
  ["G", null, false],
  ["A or B", null, false],
])("%j says %s", (text, said, correct) => {
  expect(cvBench.judge(item, text, {})).toEqual({ said, correct });
});

test.each([
  [{}, undefined],
  [{ source: "Omni3D" }, undefined],
  [{ source: "KITTI" }, 'its source "KITTI" is none of ADE20K, COCO, Omni3D'],
  [{ source: undefined }, "it has no source (ADE20K, COCO, Omni3D)"],
  [{ answer: "three" }, 'its answer "three" is no choice\'s letter'],
])("an item with %j: %s", (more, problem) => {
  const { source, ...rest } = { ...item, ...more };
  expect(cvBench.problem(source === undefined ? rest : { ...rest, source })).toBe(problem);
});

test("of the total, the two collections of the plane make a quarter each, and space makes half", () => {
  const { scores = {} } = cvBench;
  const partsOf = (source: string) =>
    Object.fromEntries(
      Object.entries(scores).flatMap(([name, score]) => {
        const part = partOf(score, { ...item, source });
        return part ? [[name, part]] : [];
      }),
    );
  const count = { Count: { name: "Count", weight: 1 } };
  expect(partsOf("ADE20K")).toEqual({
    total: { name: "ADE20K", weight: 0.25 },
    "2D": { name: "ADE20K", weight: 0.5 },
    ...count,
  });
  expect(partsOf("COCO")).toMatchObject({ total: { weight: 0.25 }, "2D": { weight: 0.5 } });
  expect(partsOf("Omni3D")).toEqual({
    total: { name: "Omni3D", weight: 0.5 },
    "3D": { name: "Omni3D", weight: 1 },
    ...count,
  });
});

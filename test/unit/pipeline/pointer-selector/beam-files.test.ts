import { expect, test } from "vitest";
import {
  listedShape,
  pointedShape,
  readBeams,
  type Wanted,
} from "../../../../src/pipeline/pointer-selector/beam-files.ts";

const WANTED: Wanted = {
  size: 2,
  shots: 2,
  isQuery: (id) => id === "7",
  inPool: (id) => ["1", "2", "3", "7"].includes(id),
};
const GOOD = {
  id_list: [
    [1, 2, 7],
    [3, 1, 7],
  ],
  score_list: [0.03, 0.05],
};

function read(query: unknown) {
  return readBeams({ 7: query }, "beams.json", WANTED);
}

test("both shapes are read, best beam first, and written as they are read", () => {
  const beams = read(GOOD);
  expect(beams.get("7")).toEqual([
    { ids: ["3", "1"], score: 0.05, logprob: null, accuracy: null },
    { ids: ["1", "2"], score: 0.03, logprob: null, accuracy: null },
  ]);
  expect(readBeams(listedShape(beams), "a", WANTED)).toEqual(beams);
  expect(readBeams(pointedShape(beams), "b", WANTED)).toEqual(beams);
  const rl = {
    pointer: [1, 2],
    gen_method: "beam",
    beam_score: 0.1,
    logprob_score: -0.5,
    vqa_correct: 1,
    vqa_acc_score: 0.9,
  };
  const other = { ...rl, pointer: [2, 1], beam_score: 0.2 };
  expect(read({ pointer_candidates: [rl, other] }).get("7")![1]).toEqual({
    ids: ["1", "2"],
    score: 0.1,
    logprob: -0.5,
    accuracy: 0.9,
  });
});

test.each([
  [{ ...GOOD, score_list: [0.03] }, "2 beams have 1 scores"],
  [{ id_list: [[1, 2, 7]], score_list: [1] }, "1 beams are there, 2 are needed"],
  [
    {
      ...GOOD,
      id_list: [
        [1, 2, 3],
        [3, 1, 7],
      ],
    },
    "beam 0 does not end with the query's id",
  ],
  [
    {
      ...GOOD,
      id_list: [
        [1, 7],
        [3, 1, 7],
      ],
    },
    "beam 0 has 1 shots, 2 are needed",
  ],
  [
    {
      ...GOOD,
      id_list: [
        [1, 1, 7],
        [3, 1, 7],
      ],
    },
    "beam 0 has an example twice",
  ],
  [
    {
      ...GOOD,
      id_list: [
        [1, 7, 7],
        [3, 1, 7],
      ],
    },
    "beam 0 has the query among its examples",
  ],
  [
    {
      ...GOOD,
      id_list: [
        [1, 9, 7],
        [3, 1, 7],
      ],
    },
    'beam 0 names "9", which is not in the pool',
  ],
  [
    {
      ...GOOD,
      id_list: [
        [3, 1, 7],
        [3, 1, 7],
      ],
    },
    "beam 1 is there before",
  ],
  [{ ...GOOD, score_list: [0.03, null] }, "a finite number is needed"],
  [{ ...GOOD, score_list: [0.03, "0.05"] }, "a finite number is needed"],
  [{ ...GOOD, extra: 1 }, "neither id_list and score_list nor pointer_candidates are there alone"],
  [[], "neither id_list and score_list nor pointer_candidates are there alone"],
])("%j is refused", (query, sentence) => {
  expect(() => read(query)).toThrow(sentence);
});

test("a file of another shape, or about queries that nobody has, is refused", () => {
  expect(() => readBeams([GOOD], "beams.json", WANTED)).toThrow("beams.json is no beam file");
  expect(() => readBeams({}, "beams.json", WANTED)).toThrow("beams.json has no queries");
  expect(() => readBeams({ 8: GOOD }, "beams.json", WANTED)).toThrow('query "8": no query has this id');
});

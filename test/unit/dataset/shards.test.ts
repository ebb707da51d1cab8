import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Question } from "../../../src/dataset/question.ts";
import { pictureGroups, type Split, splitQuestions } from "../../../src/dataset/shards.ts";
import { aQuestion } from "../../support/rows.ts";

/** `count` questions, `perScene` of them about each scene. */
function questions(count: number, perScene = 1): Question[] {
  return Array.from({ length: count }, (_, i) => {
    const scene = `scene_${Math.floor(i / perScene)}.png`;
    return aQuestion(`q${i}`, { images: [scene], scene });
  });
}

const settings = { seed: 7, shards: 5, heldOut: { val: 10, test: 20 } };
const all = (split: Split): string[] => [...split.shards.flat(), ...split.val, ...split.test];

test("each question is in one place, shards differ by at most one", () => {
  const split = splitQuestions(questions(92), settings);
  expect(split.test).toHaveLength(20);
  expect(split.val).toHaveLength(10);
  expect(split.shards.map((shard) => shard.length)).toEqual([13, 13, 12, 12, 12]);
  expect(new Set(all(split)).size).toBe(92);
  expect(split.leftOut).toEqual({ besideHeldOut: 0, aboveMaxSamples: 0 });
});

test("the seed decides, not the order of the file; another seed splits otherwise", () => {
  const data = questions(92, 3);
  const split = splitQuestions(data, settings);
  expect(splitQuestions(data.toReversed(), settings)).toEqual(split);
  expect(splitQuestions(data, { ...settings, seed: 8 }).test).not.toEqual(split.test);
  expect(splitQuestions(data, { ...settings, seed: 8 }).shards).not.toEqual(split.shards);
});

test("max_samples takes a part of the training questions only", () => {
  const split = splitQuestions(questions(92), { ...settings, maxSamples: 11 });
  expect(split.shards.map((shard) => shard.length)).toEqual([3, 2, 2, 2, 2]);
  expect(split.test).toEqual(splitQuestions(questions(92), settings).test);
  expect(split.leftOut).toEqual({ besideHeldOut: 0, aboveMaxSamples: 51 });
});

test("what shares its scene with a held-out question, and is not asked for, is counted", () => {
  const split = splitQuestions(questions(92, 3), { ...settings, heldOut: { val: 1, test: 2 } });
  expect(split.leftOut).toEqual({ besideHeldOut: 3, aboveMaxSamples: 0 });
  expect(all(split)).toHaveLength(89);
});

test("fewer iterations cut the same training questions into other shards", () => {
  const data = questions(92);
  const training = (shards: number) => new Set(splitQuestions(data, { ...settings, shards }).shards.flat());
  expect(training(2)).toEqual(training(5));
});

test("no picture is on two sides, also not a second one that ties scenes together", () => {
  const picture = fc.nat(60).map((number) => `${number}.png`);
  const pictures = fc.array(fc.uniqueArray(picture, { minLength: 1, maxLength: 2 }), { minLength: 20, maxLength: 30 });
  fc.assert(
    fc.property(pictures, fc.nat(), (drawn, seed) => {
      const data = drawn.map((images, i) => aQuestion(`q${i}`, { images, scene: images[0]! }));
      const groups = pictureGroups(data);
      fc.pre(groups.length > 10);
      const split = splitQuestions(data, { seed, shards: 1, heldOut: { val: 1, test: 1 } });
      const sideOf = new Map([
        ...split.test.map((id) => [id, "test"] as const),
        ...split.val.map((id) => [id, "val"] as const),
        ...split.shards.flat().map((id) => [id, "training"] as const),
      ]);
      for (const one of data) {
        for (const other of data) {
          if (!one.images.some((image) => other.images.includes(image))) continue;
          const sides = [sideOf.get(one.id), sideOf.get(other.id)].filter((side) => side !== undefined);
          expect(new Set(sides).size).toBeLessThan(2);
        }
      }
      expect(sideOf.size + split.leftOut.besideHeldOut).toBe(data.length);
    }),
  );
});

test("pictures that are shared through others make one group", () => {
  const data = [
    aQuestion("a", { images: ["1", "2"] }),
    aQuestion("b", { images: ["3"] }),
    aQuestion("c", { images: ["4", "3"] }),
    aQuestion("d", { images: ["2", "4"] }),
    aQuestion("e", { images: ["5"] }),
  ];
  expect(pictureGroups(data).map((group) => group.map(({ id }) => id))).toEqual([["a", "b", "c", "d"], ["e"]]);
});

test("a scene that rows name makes one group, also with a question whose scene has the name of its image", () => {
  const data = [
    aQuestion("a", { images: ["1"], scene: "kitchen" }),
    aQuestion("b", { images: ["2"], scene: "kitchen" }),
    aQuestion("c", { images: ["3"], scene: "4" }),
    aQuestion("d", { images: ["4"], scene: "4" }),
  ];
  expect(pictureGroups(data).map((group) => group.map(({ id }) => id))).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

describe("too little data is refused with the numbers", () => {
  test("nothing is left to train on", () => {
    expect(() => splitQuestions(questions(34), settings)).toThrow(
      /34 questions: after 20 of 20 for data\.held_out\.test and 10 of 10 for data\.held_out\.val .*, 4 are left for 5 iterations/,
    );
  });

  test("one scene cannot be on two sides", () => {
    expect(() => splitQuestions(questions(100, 100), settings)).toThrow(/20 of 20 .* and 0 of 10 .*, 0 are left/);
  });
});

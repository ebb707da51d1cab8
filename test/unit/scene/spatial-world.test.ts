import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { arrange, type Arranged, LAYOUTS, MIN_VISIBLE, type Relation } from "../../../demo/world/relations.ts";
import { choiceOf } from "../../../demo/world/spatial-questions.ts";
import { nameOf } from "../../../demo/world/thing.ts";
import { randomOf } from "../../../demo/world/random.ts";
import { writeSpatial } from "../../../demo/world/write-spatial.ts";
import { COLOURS, type Colour, SHAPES, type Shape } from "../../../demo/world/words.ts";
import { benchmarkOf } from "../../../src/benchmark/index.ts";
import { loadQuestions } from "../../../src/dataset/questions.ts";
import { loadExamples } from "../../../src/dataset/sets/read.ts";
import { questionFile } from "../../../src/dataset/source.ts";
import { drawGiven } from "../../../src/model/image/scene/draw.ts";
import { visiblePixels } from "../../../src/model/image/scene/raycast.ts";
import type { Solid, Vec3 } from "../../../src/model/image/scene/types.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const middle = (solid: Solid): Vec3 => (solid.kind === "cone" ? solid.base : solid.centre);

/** Reckoned from the solids alone: x to the right, y up, z towards the camera. */
const HOLDS: Readonly<Record<Relation, (a: Vec3, b: Vec3) => boolean>> = {
  "left of": (a, b) => a[0] < b[0] - 0.9,
  "right of": (a, b) => a[0] > b[0] + 0.9,
  "in front of": (a, b) => a[2] > b[2] + 0.9,
  behind: (a, b) => a[2] < b[2] - 0.9,
  on: (a, b) => a[1] > b[1] && Math.abs(a[0] - b[0]) < 0.01 && Math.abs(a[2] - b[2]) < 0.01,
  under: (a, b) => HOLDS.on(b, a),
};

const scenes = LAYOUTS.flatMap((layout) => Array.from({ length: 12 }, (_, at) => arrange(layout, "test", at)));

test("everything shows, what is said of two things holds, and counts are counts", () => {
  for (const { scene, things, relation, count } of scenes) {
    const picture = drawGiven({ ...scene, targets: {} }, 128, 128);
    for (const thing of things.keys()) expect(visiblePixels(picture, thing)).toBeGreaterThanOrEqual(MIN_VISIBLE);
    const [a, b] = scene.solids.map(middle);
    expect(relation === null || HOLDS[relation](a!, b!)).toBe(true);
    const counted = things.filter(({ shape }) => shape === count?.shape);
    expect(counted).toHaveLength(count?.of ?? 0);
    expect(new Set(things.map(nameOf)).size).toBe(things.length);
  }
});

/** What a choice's truth is, from the solids. */
function truthOf({ layout, scene, things, count }: Arranged): string {
  const [a, b, c] = scene.solids.map(middle);
  const names = things.map(nameOf);
  if (layout === "count") return String(count!.of);
  if (layout === "beside") return a![0] < b![0] ? "left" : "right";
  if (layout === "depth") return a![2] > b![2] ? names[0]! : names[1]!;
  const far = (d: Vec3): number => Math.hypot(d[0] - a![0], d[2] - a![2]);
  return far(b!) * 1.3 < far(c!) ? names[1]! : "neither";
}

test("the right choice is right, and letters take turns", () => {
  const letters = new Set<string>();
  for (const [at, arranged] of scenes.filter(({ layout }) => layout !== "stack").entries()) {
    const { choices, answer } = choiceOf(arranged, randomOf(`choice ${at}`));
    letters.add(answer);
    expect(choices["ABCD".indexOf(answer[1]!)]).toBe(truthOf(arranged));
    expect(new Set(choices).size).toBe(choices.length);
  }
  expect([...letters].toSorted()).toEqual(["(A)", "(B)", "(C)", "(D)"]);
});

const text = (folder: string, name: string): string => readFileSync(join(folder, `${name}.jsonl`), "utf8");
const at = (name: string, format: string) => ({ path: `${name}.jsonl`, format });

test("its files are read as the field's are; the same seed gives the same bytes, and a larger set begins with a smaller", async () => {
  const [small, large] = [temporaryFolder(), temporaryFolder()];
  await writeSpatial(small, 24, "s", true);
  await writeSpatial(large, 48, "s");
  for (const name of ["sft", "dpo", "grpo", "vsr", "vsr.val", "cv-bench", "cv-bench.val"]) {
    expect(text(large, name).startsWith(text(small, name))).toBe(true);
  }
  const picture = "images/vsr/0001.png";
  expect(readFileSync(join(large, picture)).equals(readFileSync(join(small, picture)))).toBe(true);

  // "The red cone …" of a picture: its first thing's class shows in 30 pixels at least.
  const [sentence] = (await loadExamples(small, at("vsr", "vsr"), "item")).examples;
  const [, colour, shape] = /^The (\w+) (\w+) /.exec(sentence!.question)!;
  const wanted = 1 + COLOURS.indexOf(colour as Colour) * 3 + SHAPES.indexOf(shape as Shape);
  const classes = readFileSync(join(small, "vsr.classes.u8"));
  expect(classes).toHaveLength(6 * 128 * 128);
  const shows = classes.subarray(0, 128 * 128).filter((each) => each === wanted);
  expect(shows.length).toBeGreaterThanOrEqual(MIN_VISIBLE);

  const { examples: shown } = await loadExamples(small, at("sft", "spatial-qa"), "demonstration");
  const { examples: pairs } = await loadExamples(small, at("dpo", "rlhf-v"), "preference");
  const { examples: tasks } = await loadExamples(small, at("grpo", "spatial-qa"), "task");
  expect([shown.length, pairs.length, tasks.length]).toEqual([24, 12, 12]);
  expect(new Set(tasks.map(({ kind }) => kind))).toEqual(new Set(["spatial", "counting"]));
  const images: string[] = [...shown, ...pairs, ...tasks].flatMap(({ image }) => image);
  for (const name of ["vsr", "cv-bench"]) {
    const { set, problem } = benchmarkOf(name);
    for (const path of [`${name}.jsonl`, `${name}.val.jsonl`]) {
      const { questions } = await loadQuestions(questionFile(small, { path, format: "auto" }, set));
      expect(questions.map((each) => problem(each))).toEqual(questions.map(() => undefined));
      images.push(...questions.flatMap((each) => each.images));
    }
  }
  expect(new Set(images).size).toBe(images.length);
});

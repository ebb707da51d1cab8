import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answerer, createAsker } from "../../../activities/snowball/asker.ts";
import { measure } from "../../../activities/snowball/measure.ts";
import type { Sample } from "../../../activities/snowball/samples.ts";
import { writeWorld } from "../../../demo/world/write.ts";
import { COLOURS, SHAPES } from "../../../demo/world/words.ts";
import { createSceneRenderer } from "../../../src/model/image/scene-renderer.ts";
import type { WarmVlm } from "../../../src/model/models.ts";
import type { VlmSpec } from "../../../src/model/specs.ts";
import type { VlmBackend } from "../../../src/model/vlm/backend.ts";
import { startOnnxVlm } from "../../../src/model/vlm/onnx.ts";
import type { Scored } from "../../../src/preference/scores.ts";
import type { ScoringMethod } from "../../../src/pipeline/snowball/recipe/scoring.ts";
import { configText, shipped } from "../../support/recipe.ts";
import { anImported, aViewedSample } from "../../support/sample.ts";

/** The shipped toy critic scores views of scenes that it never saw, by every method. */

const SIDE = 128;
const COUNT = 12;
/** Scenes of twelve in which a critic that is right in 99 % may be wrong. */
const WRONG = 1;

const VIEWS = ["from behind", "from the left", "from the right", "from the top", "from below"];
const USELESS = "show the scene from the front";

const recipe = shipped("snowball.demo.yaml");
const text = (name: string): string => configText(`prompts/toy.${name}.txt`);
const texts = {
  system: text("system"),
  template: text("template"),
  answer: text("answer"),
  rate: text("rate"),
  rate_again: text("rate_again"),
  similarity: text("similarity"),
  similarity_again: text("similarity_again"),
};
const options = { signal: new AbortController().signal, onProgress: () => {} };
const folder = mkdtempSync(join(tmpdir(), "toy-critic-"));

let server: WarmVlm;
let vlm: VlmBackend;
let ask: Answerer;
/** Of every scene: a sample with a view that shows what is asked, and one with a view that shows nothing new. */
let helpful: Sample[];
let useless: Sample[];

beforeAll(async () => {
  const renderer = createSceneRenderer({ width: SIDE, height: SIDE });
  const rows = await writeWorld(folder, COUNT, "toy-critic");
  [helpful, useless] = [[], []];
  for (const { id, images, question, answer } of rows) {
    const imported = anImported(id, { images, question, answer });
    const image = join(folder, images[0]!);
    const views = VIEWS.map((view) => `show the scene ${view}`);
    const helps = await Promise.all(views.map((view) => renderer.useful!(image, id, view)));
    const output = (kind: string): string => join(folder, `${id}-${kind}.png`);
    await renderer.edit(
      [
        { image, instruction: views[helps.indexOf(true)]!, seed: "", output: output("helpful") },
        { image, instruction: USELESS, seed: "", output: output("useless") },
      ],
      options,
    );
    helpful.push(aViewedSample(imported, [image], [output("helpful")]));
    useless.push(aViewedSample(imported, [image], [output("useless")]));
  }
  const device = { kind: "cpu", index: 0, name: "cpu", threads: 1, lock: join(folder, "lock") } as const;
  const spec: VlmSpec = {
    ...recipe.critic,
    backend: "onnx",
    vllm: null,
    server: null,
    serving: "c".repeat(64),
    model: join(import.meta.dirname, "../../../demo/snowball/critic"),
    adapter: null,
    silenceMs: 60_000,
    simulate: undefined,
  };
  server = await startOnnxVlm(spec, device);
  vlm = server.speak(spec);
  ask = createAsker(vlm, { recipe, texts }, recipe.critic.max_new_tokens, options);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Scores of the helpful views and of the useless ones, in the order of the scenes. */
async function scores(method: ScoringMethod): Promise<[Scored[], Scored[]]> {
  const scored = await measure(ask, [...helpful, ...useless], { ...recipe.scoring, method });
  expect(scored.filter(({ score }) => score === null)).toEqual([]);
  return [scored.slice(0, COUNT), scored.slice(COUNT)];
}

const count = (scored: readonly Scored[], holds: (score: number) => boolean): number =>
  scored.filter(({ score }) => holds(score!)).length;

test.each([
  ["explicit", 0.5, -0.9],
  ["answer_gain", 0.5, 0.1],
  ["both", 0.4, -0.3],
  // Without a view it says some answer, of which a word may be right.
  ["gt_similarity", 0.25, 0.1],
] as const)("%s: a helpful view is worth over %d, a useless one under %d", async (method, high, low) => {
  const [good, bad] = await scores(method);
  expect(count(good, (score) => score > high)).toBeGreaterThanOrEqual(COUNT - WRONG);
  expect(count(bad, (score) => score < low)).toBeGreaterThanOrEqual(COUNT - WRONG);
});

test("confidence: a helpful view is worth more than a useless one of the same scene", async () => {
  const [good, bad] = await scores("confidence");
  const better = good.filter(({ score }, place) => score! > bad[place]!.score! + 0.2).length;
  expect(better).toBeGreaterThanOrEqual(COUNT - WRONG);
});

test("an equal answer is 2, one with one right word 0, a wrong one -2, in either wording", async () => {
  const given = COLOURS.flatMap((colour, c) =>
    SHAPES.flatMap((shape, s) => {
      const { question } = helpful[(c + s) % COUNT]!;
      const truth = { ...question, answer: `${colour} ${shape}` };
      const [otherColour, otherShape] = [COLOURS[(c + 1 + s) % 6]!, SHAPES[(s + 1) % 3]!];
      return [
        { question: truth, answer: `${colour} ${shape}`, similarity: 2 },
        { question: truth, answer: `${otherColour} ${shape}`, similarity: 0 },
        { question: truth, answer: `${colour} ${otherShape}`, similarity: 0 },
        { question: truth, answer: `${otherColour} ${otherShape}`, similarity: -2 },
      ];
    }),
  );
  const again = createAsker(vlm, { recipe, texts: { ...texts, similarity: texts.similarity_again } }, 8, options);
  for (const readings of [await ask.similarities(given), await again.similarities(given)]) {
    const right = readings.filter(({ value }, place) => value === given[place]!.similarity).length;
    expect(right / given.length).toBeGreaterThanOrEqual(0.95);
  }
});

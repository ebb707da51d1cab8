import { expect, test } from "vitest";
import { createSimulatedVlm } from "../../../src/model/vlm/simulated.ts";
import { readRating, readSimilarity } from "../../../src/preference/readings.ts";
import { fillTemplate } from "../../../src/prompt/template.ts";
import { simulate as simulation } from "../../../src/recipe/parts/simulate.ts";
import { configText } from "../../support/recipe.ts";

const GREEDY = { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1, max_new_tokens: 8 };
const options = { signal: new AbortController().signal, onProgress: () => {} };

/** What a simulated critic with these faults replies to a shipped prompt, about a hundred questions. */
async function replies(name: string, faults: object = {}) {
  const vlm = createSimulatedVlm("critic", simulation.parse({ faults }));
  const template = configText(`prompts/${name}.txt`);
  const items = Array.from({ length: 100 }, (_, index) => {
    const values = { question: `What is in ${index}?`, truth: "a box", answer: "a ball" };
    const text = fillTemplate(template, values);
    return { messages: [{ role: "user", content: [{ type: "text", text }] }] as const, seeds: ["greedy"] };
  });
  return (await vlm.sample(items, GREEDY, options)).map(({ completions }) => completions[0]!);
}

test.each(["critic.rate", "critic.rate_again", "toy.rate", "toy.rate_again"])(
  "%s is understood: all ratings from 1 to 10 come, each to its prompt",
  async (name) => {
    const said = await replies(name);
    expect(new Set(said.map(readRating))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(await replies(name)).toEqual(said);
  },
);

test.each(["critic.similarity", "critic.similarity_again", "toy.similarity", "toy.similarity_again"])(
  "%s is understood: all similarities from -2 to 2 come",
  async (name) => {
    expect(new Set((await replies(name)).map(readSimilarity))).toEqual(new Set([-2, -1, 0, 1, 2]));
  },
);

test("an answer is still a letter", async () => {
  for (const { text } of await replies("critic.answer")) expect(text).toMatch(/^[A-D]$/);
});

test("a share of the replies cannot be read, and asked in other words a share of these", async () => {
  const faults = { unreadable_score_share: 0.4 };
  const unread = async (name: string) => (await replies(name, faults)).map((reply) => readRating(reply) === null);
  const [first, again] = [await unread("critic.rate"), await unread("critic.rate_again")];
  const both = first.filter((each, place) => each && again[place]).length;
  const once = first.filter(Boolean).length;
  // 40 of 100 and 16 of 100, within four standard deviations.
  expect(Math.abs(once - 40)).toBeLessThan(20);
  expect(Math.abs(both - 16)).toBeLessThan(15);
  expect(both).toBeGreaterThan(0);
});

test("a constant critic rates everything alike", async () => {
  expect(new Set((await replies("critic.rate", { constant_score: true })).map(readRating)).size).toBe(1);
});

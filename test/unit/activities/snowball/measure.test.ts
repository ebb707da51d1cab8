import { expect, test } from "vitest";
import { createAsker } from "../../../../activities/snowball/asker.ts";
import { measure } from "../../../../activities/snowball/measure.ts";
import type { Completion, Message, VlmBackend } from "../../../../src/model/vlm/backend.ts";
import { WEIGHTS } from "../../../../src/pipeline/snowball/recipe/scoring.ts";
import { shipped } from "../../../support/recipe.ts";
import { anImported, aViewedSample } from "../../../support/sample.ts";

const recipe = shipped("snowball.demo.yaml");
const texts = {
  system: "s",
  template: "{question}",
  answer: "{question} Answer.",
  rate: "{question} Rate.",
  rate_again: "{question} Rate again.",
  similarity: "{truth}={answer}?",
  similarity_again: "{truth}={answer}? Again.",
};
const options = { signal: new AbortController().signal, onProgress: () => {} };

/** The pieces of a prompt: its images, then its text. */
const pieces = (messages: readonly Message[]): string[] =>
  messages[0]!.content.map((part) => (part.type === "image" ? part.image : part.text));

/** A critic that replies from a function of the prompt; `calls` holds the prompts of each call. */
function scripted(reply: (text: string, images: readonly string[]) => Partial<Completion>) {
  const calls: string[][] = [];
  const ask = (messages: readonly Message[]): Completion => {
    const said = pieces(messages);
    const text = said.at(-1)!;
    return {
      text: "x",
      finish: "stop",
      tokens: 1,
      mean_logprob: -1,
      retokenized_equal: true,
      ...reply(text, said.slice(0, -1)),
    };
  };
  const vlm: VlmBackend = {
    sample: async (items) => {
      calls.push(items.map(({ messages }) => pieces(messages).join(" ")));
      return items.map(({ messages }) => ({ completions: [ask(messages)], prompt_digest: "" }));
    },
    logprob: () => Promise.reject(new Error("nothing here asks for a given answer")),
  };
  return { calls, ask: createAsker(vlm, { recipe, texts }, 8, options) };
}

const question = anImported("q", { question: "Q?", answer: "red box" });
const other = anImported("p", { question: "P?", answer: "blue cone" });
/** Two samples with the same view, one with another, one of another question. */
const samples = [
  aViewedSample(question, ["q.png"], ["left.png"]),
  aViewedSample(question, ["q.png"], ["left.png"]),
  aViewedSample(question, ["q.png"], ["right.png"]),
  aViewedSample(other, ["p.png"], ["top.png"]),
];
const scoring = { ...recipe.scoring, view_cost: 0.1 };

test("explicit: distinct views are rated in one call, what cannot be read in one more, and what stays so has no score", async () => {
  const ratings: Record<string, string> = { "left.png": "10", "right.png": "very good", "top.png": "7-8" };
  const { calls, ask } = scripted((text, images) => ({
    text: text.endsWith("again.") && images[1] === "right.png" ? "1" : ratings[images[1]!]!,
  }));
  const scored = await measure(ask, samples, { ...scoring, method: "explicit" });
  expect(calls).toEqual([
    ["q.png left.png Q? Rate.", "q.png right.png Q? Rate.", "p.png top.png P? Rate."],
    ["q.png right.png Q? Rate again.", "p.png top.png P? Rate again."],
  ]);
  expect(scored).toEqual([
    { score: 0.9, components: { rating: 10, view_cost: 0.1 } },
    { score: 0.9, components: { rating: 10, view_cost: 0.1 } },
    { score: -1, components: { rating: 1, reasked: 1, view_cost: 0.1 } },
    { score: null, reason: 'the critic\'s rating cannot be read: it said "7-8", and asked in other words "7-8"' },
  ]);
});

test("both: the answers in one call, the ratings in another; equal weights when none are given", async () => {
  const { calls, ask } = scripted((text, images) =>
    text.endsWith("Rate.") ? { text: "10" } : { mean_logprob: images.length > 1 ? 0 : Math.log(0.5) },
  );
  const scored = await measure(ask, samples, { ...scoring, method: "both" });
  expect(calls).toEqual([
    [
      "q.png Q? Answer.",
      "q.png left.png Q? Answer.",
      "q.png right.png Q? Answer.",
      "p.png P? Answer.",
      "p.png top.png P? Answer.",
    ],
    ["q.png left.png Q? Rate.", "q.png right.png Q? Rate.", "p.png top.png P? Rate."],
  ]);
  expect(WEIGHTS).toEqual({ confidence: 0.5, explicit: 0.5 });
  // (0.5 + 1) / 2 − 0.1
  for (const each of scored) expect(each.score).toBeCloseTo(0.65, 12);

  const [first] = await measure(ask, samples, { ...scoring, method: "both", weights: { confidence: 3, explicit: 1 } });
  expect(first!.score).toBeCloseTo((3 * 0.5 + 1) / 4 - 0.1, 12);
});

test("gt_similarity: answers are judged without images, equal ones once, and an empty one not at all", async () => {
  const said: Record<string, string> = {
    "q.png": " blue box ",
    "left.png": "<think>Is it blue? No.</think>\n\nred box",
    "right.png": "blue box",
    "top.png": "",
  };
  const { calls, ask } = scripted((text, images) => {
    if (images.length > 0) return { text: said[images.at(-1)!] ?? "blue cone" };
    return {
      text: { "red box=red box?": "2", "red box=blue box?": "so-so", "red box=blue box? Again.": "0" }[text] ?? "2",
    };
  });
  const scored = await measure(ask, samples, { ...scoring, method: "gt_similarity" });
  expect(calls.slice(1)).toEqual([
    ["red box=blue box?", "red box=red box?", "blue cone=blue cone?"],
    ["red box=blue box? Again."],
  ]);
  expect(scored[0]).toEqual({
    score: 0.4,
    components: { similarity_with: 2, similarity_without: 0, reasked: 1, view_cost: 0.1 },
  });
  expect(scored[1]).toEqual(scored[0]);
  expect(scored[2]).toMatchObject({
    score: -0.1,
    components: { similarity_with: 0, similarity_without: 0, reasked: 2 },
  });
  expect(scored[3]).toEqual({ score: null, reason: "with the views, the critic's answer is empty" });
});

test("a critic that fails is a failure, never a reading", async () => {
  const vlm: VlmBackend = {
    sample: () => Promise.reject(new Error("out of memory")),
    logprob: () => Promise.reject(new Error("out of memory")),
  };
  const ask = createAsker(vlm, { recipe, texts }, 8, options);
  await expect(measure(ask, samples, { ...scoring, method: "explicit" })).rejects.toThrow("out of memory");
});

test("without samples nobody is asked", async () => {
  const { calls, ask } = scripted(() => ({}));
  for (const method of ["confidence", "answer_gain", "explicit", "both", "gt_similarity"] as const) {
    expect(await measure(ask, [], { ...scoring, method })).toEqual([]);
  }
  expect(calls).toEqual([]);
});

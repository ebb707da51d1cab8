import { expect, test } from "vitest";
import type { CallOptions, Sampling } from "../../../src/model/vlm/backend.ts";
import { createServedVlm } from "../../../src/model/vlm/transformers.ts";
import type { Answer } from "../../../src/process/model-server.ts";

const SERVING = "a".repeat(64);
const GREEDY: Sampling = {
  temperature: 0,
  top_p: 1,
  top_k: 0,
  min_p: 0,
  repetition_penalty: 1,
  max_new_tokens: 8,
};
const options: CallOptions = { signal: new AbortController().signal, onProgress: () => {} };
const messages = [{ role: "user" as const, content: [{ type: "text" as const, text: "What is behind?" }] }];
const completion = { text: "red box", finish: "stop", tokens: 2, mean_logprob: -0.5, retokenized_equal: true };

/** A backend over a server that gives one answer to everything, and what the server was asked. */
function over(result: unknown, serving = SERVING) {
  const asked: unknown[][] = [];
  const server = {
    request: async (...request: unknown[]): Promise<Answer> => {
      asked.push(request);
      return { result, serving, notes: {} };
    },
  };
  return { vlm: createServedVlm(server, { serving: SERVING, micro_batch: 4, silenceMs: 1000 }), asked };
}

test("a question reaches the server as it is, with micro-batch, silence limit and signal", async () => {
  const other = { ...completion, retokenized_equal: false, ids: [7, 8, 2] };
  const { vlm, asked } = over([{ completions: [completion, other], prompt_digest: "d" }]);
  const items = [{ messages, seeds: ["s", "t"] }];
  const results = await vlm.sample(items, GREEDY, options);
  expect(results[0]?.completions).toEqual([completion, other]);
  expect(asked).toEqual([["sample", { items, sampling: GREEDY, micro_batch: 4 }, { ...options, silenceMs: 1000 }]]);
});

test("a micro-batch that had to be smaller than was asked is told", async () => {
  const told: number[] = [];
  for (const size of [4, 2]) {
    const answer = { result: [{ tokens: 2, mean_logprob: -1, sum_logprob: -2 }], serving: SERVING };
    const server = { request: async () => ({ ...answer, notes: { micro_batch: size } }) };
    const vlm = createServedVlm(server, { serving: SERVING, micro_batch: 4, silenceMs: 1000 });
    await vlm.logprob([{ messages, answer: "red box" }], { ...options, onSmallerBatch: (each) => told.push(each) });
  }
  expect(told).toEqual([2]);
});

test("an answer for another policy is refused, however well it fits", async () => {
  const { vlm } = over([{ tokens: 2, mean_logprob: -1, sum_logprob: -2 }], "b".repeat(64));
  await expect(vlm.logprob([{ messages, answer: "red box" }], options)).rejects.toMatchObject({
    type: "WrongPolicy",
    message: "A model server answered for bbbbbbbbbbbb where aaaaaaaaaaaa was asked.",
  });
});

test.each([
  ["a score that is no number", [{ tokens: 2, mean_logprob: null, sum_logprob: -2 }]],
  ["no result for an item", []],
  ["something else", "fine"],
])("%s is no measurement", async (_, result) => {
  const { vlm } = over(result);
  await expect(vlm.logprob([{ messages, answer: "red box" }], options)).rejects.toMatchObject({ type: "ChildError" });
});

test("fewer completions than seeds are refused", async () => {
  const { vlm } = over([{ completions: [completion], prompt_digest: "d" }]);
  await expect(vlm.sample([{ messages, seeds: ["s", "t"] }], GREEDY, options)).rejects.toThrow("item 0");
});

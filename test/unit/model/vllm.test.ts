import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { VlmSpec } from "../../../src/model/specs.ts";
import { projectRunners } from "../../../src/model/python.ts";
import { createServedVlm } from "../../../src/model/vlm/transformers.ts";
import { startVllm } from "../../../src/model/vlm/vllm.ts";
import { vllmLimits } from "../../../src/recipe/parts/vllm.ts";

const SPEC: VlmSpec = {
  backend: "vllm",
  serving: "a".repeat(64),
  model: "/models/base",
  adapter: null,
  dtype: "float32",
  attn_implementation: "sdpa",
  min_pixels: 1,
  max_pixels: 2,
  vllm: { max_model_len: 512, memory_share: 0.9, max_lora_rank: 16, tensor_parallel_size: 1 },
  server: null,
  micro_batch: 4,
  silenceMs: 1000,
  simulate: undefined,
};
const device = { kind: "cpu", index: 0, name: "cpu", threads: 1, lock: "/locks/cpu" } as const;
const signal = new AbortController().signal;

test("where vLLM is not installed, the command that installs it is named", async () => {
  vi.stubEnv("SNOWBALL_VLLM_PYTHON", "/nowhere/python");
  const started = startVllm(SPEC, [device], projectRunners(), pino({ enabled: false }), signal);
  await expect(started).rejects.toMatchObject({
    type: "BadInput",
    message: 'The Python environment /nowhere/python is missing; run "make vllm" in the project.',
  });
  vi.unstubAllEnvs();
});

test("every request says which policy is asked", async () => {
  const asked: object[] = [];
  const server = {
    request: async (_op: string, body: object) => {
      asked.push(body);
      return { result: [{ tokens: 1, mean_logprob: -1, sum_logprob: -1 }], serving: SPEC.serving, notes: {} };
    },
  };
  const policy = { serving: SPEC.serving, adapter: "/adapters/one" };
  const items = [{ messages: [], answer: "B" }];
  await createServedVlm(server, SPEC, policy).logprob(items, { signal, onProgress: () => {} });
  expect(asked).toEqual([{ items, micro_batch: 4, ...policy }]);
});

test("a model that is served as it is has no room for adapters, and other backends know no limits of vLLM", () => {
  const limits = { max_model_len: 8192, memory_share: 0.9, tensor_parallel_size: 1 };
  expect(vllmLimits({ backend: "vllm" }, "itself")).toEqual({ ...limits, max_lora_rank: 0 });
  expect(vllmLimits({ backend: "vllm" }, "policies")).toEqual({ ...limits, max_lora_rank: 64 });
  expect(vllmLimits({ backend: "transformers" }, "policies")).toBeNull();
});

import { expect, test } from "vitest";
import type { EditorSpec, VlmSpec } from "../../../src/model/specs.ts";
import {
  ASKED_OF_A_VLM,
  ASKED_OF_VLLM,
  ASKED_OF_AN_EDITOR,
  editorName,
  vlmName,
} from "../../../src/model/server-names.ts";
import { forgotten } from "../../support/walk.ts";

const VLM: VlmSpec = {
  backend: "transformers",
  serving: "a".repeat(64),
  model: "/models/base",
  adapter: null,
  dtype: "bfloat16",
  attn_implementation: "sdpa",
  min_pixels: 1,
  max_pixels: 2,
  vllm: null,
  server: null,
  micro_batch: 4,
  silenceMs: 1000,
  simulate: undefined,
};
const LIMITS = { max_model_len: 512, memory_share: 0.9, max_lora_rank: 16, tensor_parallel_size: 1 };
const SERVER: NonNullable<VlmSpec["server"]> = {
  address: "http://host:8000/v1",
  model: "other",
  made: false,
  root: undefined,
  key: null,
  inFlight: 2,
  timeoutMs: 1000,
  patienceMs: 1000,
  needs: "text",
};
const EDITOR: EditorSpec = {
  backend: "flux2-klein",
  serving: "f".repeat(64),
  model: "/models/editor",
  dtype: "float32",
  offload: "none",
  micro_batch: 4,
  settings: { width: 64, height: 64, num_inference_steps: 4, guidance_scale: 1, max_input_pixels: 65_536 },
  silenceMs: 1000,
};
const scorer = (spec: VlmSpec): string => vlmName("score", spec);

test("a warm VLM is found under all that it was started with", () => {
  const others = {
    backend: "onnx",
    serving: "b".repeat(64),
    model: "/models/other",
    adapter: "/adapters/one",
    dtype: "float32",
    attn_implementation: "eager",
    min_pixels: 2,
    max_pixels: 3,
    vllm: LIMITS,
    server: SERVER,
    micro_batch: 5,
    silenceMs: 2000,
    simulate: { latency_ms: { rollout: 1, imagine: 0, score: 0, train: 0 }, faults: {} as never },
  } as const;
  expect(forgotten(VLM, others, scorer, ASKED_OF_A_VLM)).toEqual([]);
  const onVllm = { ...others, backend: "transformers" } as const;
  expect(forgotten({ ...VLM, backend: "vllm" }, onVllm, scorer, ASKED_OF_VLLM)).toEqual([]);
  expect(vlmName("rollout", VLM)).not.toBe(vlmName("score", VLM));
});

test("a warm editor is found under all that it was started with", () => {
  const { backend: _, ...spec } = EDITOR;
  const others = {
    serving: "b".repeat(64),
    model: "/models/other",
    dtype: "bfloat16",
    offload: "model",
    micro_batch: 5,
    settings: { ...EDITOR.settings, width: 96 },
    silenceMs: 2000,
  } as const;
  const named = (each: typeof spec): string => editorName({ backend: "flux2-klein", ...each });
  expect(forgotten(spec, others, named, ASKED_OF_AN_EDITOR)).toEqual([]);
});

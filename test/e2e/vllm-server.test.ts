import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROLES } from "../../src/contract/queues.ts";
import { parseDevices } from "../../src/device/devices.ts";
import { createPools } from "../../src/device/pools.ts";
import { projectRunners, vllmRunners } from "../../src/model/python.ts";
import { createModels } from "../../src/model/serve.ts";
import type { ServerSpec, VlmSpec } from "../../src/model/specs.ts";
import type { VlmBackend } from "../../src/model/vlm/backend.ts";
import { tensorsOf } from "../../src/model/weights.ts";
import { rng } from "../../src/seed.ts";
import { freePort } from "../../src/temporal/ports.ts";
import { PROJECT } from "../harness/world.ts";

const PLANNER = join(PROJECT, "demo/snowball/planner");
const GREEDY = { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1, max_new_tokens: 48 };
const WARM = { ...GREEDY, temperature: 1 };
const ASKED = {
  messages: [
    {
      role: "user" as const,
      content: [
        { type: "image" as const, image: join(PROJECT, "configs/samples/images/00.png") },
        { type: "text" as const, text: "What is behind?" },
      ],
    },
  ],
};
const quiet = { signal: new AbortController().signal, onProgress: () => {} };

const folder = mkdtempSync(join(tmpdir(), "snowball-server-"));
const pools = createPools({ devices: parseDevices("cpu"), roles: ROLES, threads: 1, stateFolder: folder });
const models = createModels(pools, projectRunners(), pino({ enabled: false }));
let vllm: ChildProcess;
let port: number;

/** As docs/server.md has it started, on a CPU. */
beforeAll(async () => {
  port = await freePort(0);
  const log = openSync(join(folder, "log"), "w");
  const model = ["--model", PLANNER, "--served-model-name", "planner", "--dtype", "float32", "--max-model-len", "256"];
  // One process for the engine and its work: each takes its time to begin.
  const lora = ["--distributed-executor-backend", "uni", "--enforce-eager", "--enable-lora", "--max-lora-rank", "8"];
  const pixels = ["--mm-processor-kwargs", '{"min_pixels":16384,"max_pixels":16384}'];
  vllm = spawn(
    vllmRunners(projectRunners()).python,
    ["-m", "vllm.entrypoints.openai.api_server", ...model, ...lora, ...pixels, "--port", String(port)],
    {
      // Of a group of its own, for its engine is another process.
      detached: true,
      stdio: ["ignore", log, log],
      env: {
        ...process.env,
        VLLM_ALLOW_RUNTIME_LORA_UPDATING: "1",
        VLLM_CPU_KVCACHE_SPACE: "1",
        VLLM_NO_USAGE_STATS: "1",
        HF_HUB_OFFLINE: "1",
      },
    },
  );
  const ready = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await ready())) {
    if (vllm.exitCode !== null) throw new Error(readFileSync(join(folder, "log"), "utf8").slice(-2000));
    await sleep(200);
  }
}, 180_000);

afterAll(async () => {
  const ended = once(vllm, "exit");
  // While it starts it hears nothing else.
  process.kill(-vllm.pid!, "SIGKILL");
  await ended;
  await models.close();
  rmSync(folder, { recursive: true });
});

function specOf(change: Partial<VlmSpec> & { readonly at?: Partial<ServerSpec> } = {}): VlmSpec {
  const { at, ...rest } = change;
  return {
    backend: "openai",
    serving: "a".repeat(64),
    model: PLANNER,
    adapter: null,
    dtype: "float32",
    attn_implementation: "sdpa",
    min_pixels: 16_384,
    max_pixels: 16_384,
    vllm: null,
    server: {
      address: `http://127.0.0.1:${port}/v1`,
      model: "planner",
      made: false,
      root: undefined,
      key: null,
      inFlight: 4,
      timeoutMs: 60_000,
      patienceMs: 5000,
      needs: "ids",
      ...at,
    },
    micro_batch: 4,
    silenceMs: 60_000,
    simulate: undefined,
    ...rest,
  };
}

function by<T>(spec: VlmSpec, use: (vlm: VlmBackend) => Promise<T>): Promise<T> {
  return models.withVlm("rollout", spec, { ...quiet, onWaiting: () => {}, by: { run: "test", as: "planner" } }, use);
}

test("what vLLM's own server says and how likely it was is what transformers says, of the same prompt", async () => {
  const answer = { ...ASKED, answer: "the left" };
  const ask = (spec: VlmSpec) =>
    by(spec, async (vlm) => ({
      said: await vlm.sample([{ ...ASKED, seeds: ["greedy"] }], GREEDY, quiet),
      given: await vlm.logprob([answer], quiet),
    }));
  const here = await ask(specOf({ backend: "transformers", server: null }));
  const there = await ask(specOf());
  expect(there.said[0]!.prompt_digest).toBe(here.said[0]!.prompt_digest);
  const { mean_logprob: own, ...wanted } = here.said[0]!.completions[0]!;
  expect(there.said[0]!.completions[0]).toEqual({ ...wanted, mean_logprob: expect.closeTo(own, 4) as number });
  expect(there.given[0]!.tokens).toBe(here.given[0]!.tokens);
  expect(there.given[0]!.sum_logprob).toBeCloseTo(here.given[0]!.sum_logprob, 3);
});

test("draws repeat by their seeds; an adapter is loaded under its policy's digest and answers otherwise", async () => {
  const seeds = ["1", "2", "3", "4"];
  const draw = (spec: VlmSpec) => by(spec, (vlm) => vlm.sample([{ ...ASKED, seeds }], WARM, quiet));
  const [first, again] = [await draw(specOf()), await draw(specOf())];
  expect(again).toEqual(first);
  expect(new Set(first[0]!.completions.map(({ text }) => text)).size).toBeGreaterThan(1);
  const adapted = await draw(specOf({ serving: "b".repeat(64), adapter: await adapterIn(join(folder, "adapter")) }));
  expect(adapted[0]!.completions).not.toEqual(first[0]!.completions);
});

test.each<[string, Parameters<typeof specOf>[0], RegExp]>([
  ["another name", { at: { model: "other" } }, /serves planner, and not other\.$/],
  ["another checkpoint", { model: join(PROJECT, "demo/snowball/critic") }, /is another checkpoint than/],
  ["other pixels", { min_pixels: 65_536, max_pixels: 65_536 }, /start it with --mm-processor-kwargs '/],
  ["a folder that it does not see", { serving: "c".repeat(64), adapter: "/nowhere" }, /\/nowhere/],
])("%s: refused in a sentence", async (_, change, sentence) => {
  await expect(by(specOf(change), (vlm) => vlm.sample([{ ...ASKED, seeds: ["1"] }], WARM, quiet))).rejects.toThrow(
    sentence,
  );
});

const RANK = 4;

/** An adapter of noise on the language model's first layer. */
async function adapterIn(path: string): Promise<string> {
  mkdirSync(path);
  const config = { peft_type: "LORA", r: RANK, lora_alpha: 16, target_modules: ["up_proj"], bias: "none" };
  writeFileSync(join(path, "adapter_config.json"), JSON.stringify(config));
  const up = (await tensorsOf(PLANNER)).find(({ name }) =>
    name.endsWith("language_model.layers.0.mlp.up_proj.weight"),
  )!;
  const [rows, columns] = up.shape as [number, number];
  const name = `base_model.model.${up.name.replace(/\.weight$/, "")}`;
  const shapes = { [`${name}.lora_A.weight`]: [RANK, columns], [`${name}.lora_B.weight`]: [rows, RANK] };
  const next = rng("adapter");
  const head: Record<string, object> = {};
  const values: number[] = [];
  for (const [tensor, [height, width]] of Object.entries(shapes) as [string, [number, number]][]) {
    const begin = values.length * Float32Array.BYTES_PER_ELEMENT;
    for (let at = 0; at < height * width; at++) values.push(next() - 0.5);
    const end = values.length * Float32Array.BYTES_PER_ELEMENT;
    head[tensor] = { dtype: "F32", shape: [height, width], data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const data = Buffer.from(Float32Array.from(values).buffer);
  writeFileSync(join(path, "adapter_model.safetensors"), Buffer.concat([length, json, data]));
  return path;
}

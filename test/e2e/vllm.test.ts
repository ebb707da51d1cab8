import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { ROLES } from "../../src/contract/queues.ts";
import { parseDevices } from "../../src/device/devices.ts";
import { createPools } from "../../src/device/pools.ts";
import { projectRunners } from "../../src/model/python.ts";
import { createModels } from "../../src/model/serve.ts";
import type { VlmSpec } from "../../src/model/specs.ts";
import type { CallOptions, SampledItem, Sampling } from "../../src/model/vlm/backend.ts";
import { PROJECT } from "../harness/world.ts";
import { runs, until } from "../support/processes.ts";

/** The servers that this test started and that live. */
function servers(): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const mine = all.filter((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return line.includes("runners.vllm_server") && readFileSync(`/proc/${pid}/environ`, "utf8").includes(MARK);
    } catch {
      return false;
    }
  });
  return mine.map(Number).filter(runs);
}

const folder = mkdtempSync(join(tmpdir(), "snowball-vllm-"));
const MARK = `SNOWBALL_TEST=${folder}`;
const log = pino({ enabled: false });
const pools = createPools({ devices: parseDevices("cpu"), roles: ROLES, threads: 1, stateFolder: folder });
const own = projectRunners();
const models = createModels(pools, { ...own, env: { ...own.env, SNOWBALL_TEST: folder } }, log);
afterAll(async () => {
  await models.close();
  rmSync(folder, { recursive: true });
});

const SPEC: VlmSpec = {
  backend: "vllm",
  serving: "a".repeat(64),
  model: join(PROJECT, "demo/snowball/planner"),
  adapter: null,
  dtype: "float32",
  attn_implementation: "sdpa",
  min_pixels: 16_384,
  max_pixels: 16_384,
  vllm: { max_model_len: 512, memory_share: 0.9, cache_gib: 0.25, max_lora_rank: 16, tensor_parallel_size: 1 },
  server: null,
  micro_batch: 8,
  silenceMs: 300_000,
  simulate: undefined,
};
const SAMPLING: Sampling = {
  temperature: 1,
  top_p: 1,
  top_k: 0,
  min_p: 0,
  repetition_penalty: 1,
  max_new_tokens: 64,
};

/** Asks the toy planner for so many completions, `at` being called when the first are there. */
function sampled(count: number, signal: AbortSignal, at: () => void = () => {}): Promise<SampledItem[]> {
  const seeds = Array.from({ length: count }, (_, place) => String(place));
  const messages = [{ role: "user" as const, content: [{ type: "text" as const, text: "What is behind?" }] }];
  const options: CallOptions = { signal, onProgress: at };
  const waiting = { ...options, onWaiting: () => {}, by: { run: "test", as: "planner" } };
  return models.withVlm("rollout", SPEC, waiting, (vlm) => vlm.sample([{ messages, seeds }], SAMPLING, options));
}

/** More than could be done before the test has killed the server. */
const ENDLESS = 100_000;

test("a killed engine is a crash, the next request gets a new one, and what is cancelled leaves no process", async () => {
  const never = new AbortController().signal;
  const killed = sampled(ENDLESS, never, () => servers().forEach((pid) => process.kill(pid, "SIGKILL")));
  await expect(killed).rejects.toMatchObject({ type: "ChildCrashed" });
  expect(servers()).toEqual([]);

  const [first] = await sampled(8, never);
  expect(first?.completions).toHaveLength(8);
  expect(servers()).toHaveLength(1);
  // One process is the whole of it: there is no engine that could outlive it.
  expect(children(servers()[0]!)).toEqual([]);

  const cancel = new AbortController();
  const cancelled = sampled(ENDLESS, cancel.signal, () => cancel.abort(new Error("enough")));
  await expect(cancelled).rejects.toThrow("enough");
  await until(() => servers().length === 0);
});

function children(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
}

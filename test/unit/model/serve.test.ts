import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { VlmSpec } from "../../../src/model/specs.ts";
import { createModels } from "../../../src/model/serve.ts";
import type { Sampling } from "../../../src/model/vlm/backend.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { poolOf } from "../../support/servers.ts";

const SPEC: VlmSpec = {
  backend: "transformers",
  serving: "a".repeat(64),
  model: "/models/base",
  adapter: null,
  dtype: "bfloat16",
  attn_implementation: "sdpa",
  min_pixels: 1000,
  max_pixels: 2000,
  vllm: null,
  server: null,
  micro_batch: 4,
  silenceMs: 10_000,
  simulate: undefined,
};
const GREEDY: Sampling = {
  temperature: 0,
  top_p: 1,
  top_k: 0,
  min_p: 0,
  repetition_penalty: 1,
  max_new_tokens: 8,
};
const options = {
  signal: new AbortController().signal,
  onProgress: () => {},
  onWaiting: () => {},
};

/** A stand-in for the Python interpreter: a model server whose completion tells what it was loaded and asked with. */
const SERVER = `#!${process.execPath}
let loaded;
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, op, ...body } = JSON.parse(line);
  if (op === "load") loaded = body;
  const text = JSON.stringify({ pid: process.pid, loaded, micro_batch: body.micro_batch });
  const completion = { text, finish: "stop", tokens: 1, mean_logprob: 0, retokenized_equal: true };
  const result = op === "load" ? {} : [{ completions: [completion], prompt_digest: "d" }];
  console.log(JSON.stringify({ id, ok: true, serving: loaded.serving, result }));
});
`;

interface Told {
  readonly pid: number;
  readonly loaded: VlmSpec;
  readonly micro_batch: number;
}

/** Models on this many devices, and what the server of a spec says of itself. */
function served(devices: string) {
  const folder = temporaryFolder();
  const python = join(folder, "python");
  writeFileSync(python, SERVER);
  chmodSync(python, 0o755);
  const pool = poolOf(devices);
  const models = createModels(
    { of: () => pool, all: [pool] },
    { python, cwd: folder, env: {} },
    pino({ enabled: false }),
  );
  const ask = (spec: VlmSpec, run = "demo"): Promise<Told> =>
    models.withVlm("score", spec, { ...options, by: { run, as: "critic" } }, async (vlm) => {
      const [sampled] = await vlm.sample([{ messages: [], seeds: ["s"] }], GREEDY, options);
      return JSON.parse(sampled!.completions[0]!.text) as Told;
    });
  return { models, ask, python };
}

test.each([
  ["dtype", "float32"],
  ["attn_implementation", "eager"],
  ["min_pixels", 1],
  ["max_pixels", 9000],
  ["adapter", "/adapters/other"],
])(
  "a warm server that was started with another %s is not found: one with the wanted one is started",
  async (field, value) => {
    const { models, ask } = served("cpu:2");
    try {
      const first = await ask(SPEC);
      const other = await ask({ ...SPEC, [field]: value });
      expect(other.pid).not.toBe(first.pid);
      expect(other.loaded).toMatchObject({ [field]: value });
    } finally {
      await models.close();
    }
  },
);

test("what goes with each request finds the warm server, and goes with each request", async () => {
  const { models, ask } = served("cpu:2");
  try {
    const first = await ask(SPEC);
    const other = await ask({ ...SPEC, micro_batch: 2, silenceMs: 5000 });
    expect(other).toEqual({ ...first, micro_batch: 2 });
  } finally {
    await models.close();
  }
});

test("an engine that is divided gets its devices with their locks; more than there are is refused", async () => {
  const limits = { max_model_len: 512, memory_share: 0.9, max_lora_rank: 0, tensor_parallel_size: 2 };
  const divided: VlmSpec = { ...SPEC, backend: "vllm", vllm: limits };
  const { models, ask, python } = served("cpu:2");
  vi.stubEnv("SNOWBALL_VLLM_PYTHON", python);
  try {
    const { loaded } = await ask(divided);
    expect(loaded).toMatchObject({
      tensor_parallel_size: 2,
      devices: ["cpu", "cpu"],
      locks: ["/locks/cpu-0.lock", "/locks/cpu-1.lock"],
    });
    await expect(ask({ ...divided, vllm: { ...limits, tensor_parallel_size: 4 } })).rejects.toThrow(
      "vllm.tensor_parallel_size is 4, but this worker has 2 devices for score; start one with more " +
        "(bin/snowball worker --devices), or with this role alone (--roles), or ask for fewer.",
    );
  } finally {
    vi.unstubAllEnvs();
    await models.close();
  }
});

const policy = (digit: string): VlmSpec => ({ ...SPEC, serving: digit.repeat(64) });

test("two runs with policies of their own keep their servers warm; one's next policy replaces its last", async () => {
  const { models, ask } = served("cpu:3");
  try {
    const a = await ask(policy("1"), "a");
    const b = await ask(policy("2"), "b");
    expect([await ask(policy("1"), "a"), await ask(policy("2"), "b")]).toEqual([a, b]);
    const next = await ask(policy("3"), "a");
    expect(await ask(policy("2"), "b")).toEqual(b);
    expect(new Set([a.pid, b.pid, next.pid]).size).toBe(3);
    expect((await ask(policy("1"), "a")).pid).not.toBe(a.pid);
  } finally {
    await models.close();
  }
});

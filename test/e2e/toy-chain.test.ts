import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import { imbalance } from "../../src/contract/account.ts";
import type { RunProgress, RunResult } from "../../src/contract/progress.ts";
import type { Recipe } from "../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { saveHistories } from "../harness/histories.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { newRoot, PROJECT, startServer } from "../harness/world.ts";

const PIXELS = { min_pixels: 16_384, max_pixels: 16_384 };
const TINY = { backend: "trl", max_steps: 2, save_steps: 1, lora_rank: 4, warmup_steps: 0 };

/** The whole chain with a real network and real trainers, two optimizer steps each. */
function realChain(): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/spatial.simulated.yaml"), "utf8")) as Record<
    string,
    { readonly data: readonly object[] }
  >;
  const stage = (name: string, settings: object): object => ({
    data: shipped[name]!.data,
    training: { ...TINY, ...settings },
  });
  return parseRecipeObject({
    ...shipped,
    name: "chain",
    init: "demo/snowball/evaluator",
    sft: stage("sft", { tuning: "qlora", learning_rate: 5e-3 }),
    dpo: stage("dpo", { learning_rate: 5e-3 }),
    grpo: stage("grpo", { learning_rate: 5e-3, num_generations: 2, max_completion_length: 12 }),
    answering: { backend: "transformers", dtype: "float32", ...PIXELS, max_new_tokens: 4 },
    chunk: { questions: 12 },
    retries: { heartbeat_timeout_s: 5 },
    simulate: undefined,
  });
}

async function problemsIn(root: string, result: RunResult): Promise<string[]> {
  const problems = [];
  const store = createLocalStore(join(root, ".snowball/store"));
  for await (const each of verifyRun(store, join(root, result.folder))) {
    if (each.problem) problems.push(`${each.what}: ${each.problem}`);
  }
  return problems;
}

test("SFT on a base in 4 bits, DPO and GRPO in a chain, with real trainers; its worker is killed while it trains", async () => {
  const root = newRoot();
  cpSync(join(PROJECT, "demo/snowball/evaluator"), join(root, "demo/snowball/evaluator"), { recursive: true });
  const { server, client, close } = await startServer(root);
  try {
    const handle = await startRun(client, realChain());
    const first = await startWorkerProcess(root, server.address);
    const standing = (): Promise<RunProgress> => client.workflow.getHandle("chain").query<RunProgress>("progress");
    const inDpo = async (): Promise<boolean> => {
      const { stage } = await standing();
      return stage.at === 1 && stage.name === "train";
    };
    await expect.poll(inDpo, { timeout: 300_000, interval: 200 }).toBe(true);
    await sleep(1_500);
    await first.kill("SIGKILL");
    const second = await startWorkerProcess(root, server.address);
    const result = await resultOf(client, "chain");
    await second.kill("SIGTERM");
    expect(handle).toBeDefined();

    const [measured, trained] = result.tables;
    expect(measured!.rows.map((row) => row["policy"])).toEqual(["base", "sft", "dpo", "grpo"]);
    const digests = measured!.rows.map((row) => row["digest"]);
    expect(new Set(digests).size).toBe(4);
    expect(trained!.rows.map((row) => row["steps"])).toEqual([2, 2, 2]);
    expect(trained!.rows[2]!["reward"]).toEqual(expect.any(Number));
    for (const account of result.accounts) expect(imbalance(account)).toBe(0);
    expect(await problemsIn(root, result)).toEqual([]);
    await saveHistories(client);
  } finally {
    await close();
  }
});

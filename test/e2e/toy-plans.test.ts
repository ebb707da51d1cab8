import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import { imbalance } from "../../src/contract/account.ts";
import type { RunProgress } from "../../src/contract/progress.ts";
import { simulatedAnswer } from "../../src/pipeline/harp/scenes.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { saveHistories } from "../harness/histories.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { newRoot, PROJECT, startServer } from "../harness/world.ts";
import { chatHost, said, type SeenRequest } from "../support/chat-host.ts";

const TINY = { backend: "trl", max_steps: 2, save_steps: 1, lora_rank: 4, learning_rate: 5e-3, warmup_steps: 0 };

/** Six scenes: four to learn from, one for validation, one for the test. */
const recipeAt = (address: string) =>
  parseRecipeObject({
    pipeline: "harp",
    name: "plans",
    init: "demo/snowball/evaluator",
    scenes: { path: "configs/samples/images", suffix: ".png", max_images: 6 },
    plans: { address, model: "any", key: null, tasks_per_image: 2 },
    sft: { training: { ...TINY, per_device_train_batch_size: 4, gradient_accumulation_steps: 1 } },
    negatives: { samples: 2 },
    grpo: { training: { ...TINY, num_generations: 4, max_completion_length: 12, gradient_accumulation_steps: 1 } },
    answering: {
      backend: "transformers",
      dtype: "float32",
      min_pixels: 16_384,
      max_pixels: 16_384,
      max_new_tokens: 12,
    },
    retries: { heartbeat_timeout_s: 5 },
  });

function right({ prompt, image }: SeenRequest) {
  const bytes = createHash("sha256").update(Buffer.from(image, "base64")).digest("hex");
  return { status: 200, body: said(simulatedAnswer(prompt, bytes)) };
}

test("plans of a service, SFT, negatives of the SFT policy and GRPO with real trainers; its worker is killed while it trains", async () => {
  const root = newRoot();
  cpSync(join(PROJECT, "demo/snowball/evaluator"), join(root, "demo/snowball/evaluator"), { recursive: true });
  const service = await chatHost(right);
  const { server, client, close } = await startServer(root);
  try {
    await startRun(client, recipeAt(service.address));
    const first = await startWorkerProcess(root, server.address);
    const inGrpo = async (): Promise<boolean> => {
      const { stage } = await client.workflow.getHandle("plans").query<RunProgress>("progress");
      return stage.at === 1 && stage.name === "train";
    };
    await expect.poll(inGrpo, { timeout: 300_000, interval: 200 }).toBe(true);
    await sleep(1_500);
    await first.kill("SIGKILL");
    const second = await startWorkerProcess(root, server.address);
    const result = await resultOf(client, "plans");
    await second.kill("SIGTERM");

    const [metrics, faults, measured, trained] = result.tables;
    for (const table of [metrics, faults, measured]) {
      expect(table!.rows.map((row) => row["policy"])).toEqual(["sft", "grpo"]);
    }
    expect(new Set(measured!.rows.map((row) => row["digest"])).size).toBe(2);
    expect(trained!.rows.map((row) => row["steps"])).toEqual([2, 2]);
    for (const account of result.accounts) expect(imbalance(account)).toBe(0);
    const shown = (name: string): string => readFileSync(join(root, result.folder, name), "utf8");
    const { rewards, best } = JSON.parse(shown("grpo/validation.json")) as { rewards: object; best: number };
    expect(Object.keys(rewards)).toEqual(["1", "2"]);
    const weights = (name: string): string =>
      createHash("sha256")
        .update(shown(`grpo/${name}/model_lora/adapter_model.safetensors`))
        .digest("hex");
    expect(weights("best")).toBe(weights(`checkpoint-${best}`));
    expect(weights("checkpoint-2")).not.toBe(weights("checkpoint-1"));
    expect(existsSync(join(root, result.folder, "final/model.safetensors"))).toBe(true);
    const store = createLocalStore(join(root, ".snowball/store"));
    for await (const { what, problem } of verifyRun(store, join(root, result.folder)))
      expect(problem, what).toBe(undefined);
    await saveHistories(client);
  } finally {
    service.close();
    await close();
  }
});

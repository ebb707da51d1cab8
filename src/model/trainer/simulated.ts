import { createHash } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalJson } from "../../artifact/canonical-json.ts";
import type { Simulate } from "../../recipe/common.ts";
import { algorithmOf } from "../../training/index.ts";
import type { TrainerBackend, TrainRequest } from "./backend.ts";

/** Optimizer steps that a simulated training pretends to make. */
const STEPS = 4;

/** A trainer without a model: what it makes is the digest of what it was given, so equal rows make equal policies. */
export function createSimulatedTrainer(simulate: Simulate): TrainerBackend {
  const latency = simulate?.latency_ms.train ?? 0;
  return {
    async train(request, { signal, onEvent }) {
      const digest = createHash("sha256")
        .update(await readFile(request.data))
        .update(canonicalJson([request.seed, algorithmOf(request.algorithm).keyed(request.settings)]))
        .digest("hex");
      for (let step = 1; step <= STEPS; step++) {
        await sleep(latency / STEPS, undefined, { signal });
        await onEvent({ event: "progress", step, total: STEPS, metrics: { loss: Math.LN2 / step } });
      }
      const full = request.settings.tuning === "full";
      const folder = join(request.output, full ? "model_full" : "model_lora");
      await mkdir(folder, { recursive: true });
      await writeFile(
        join(folder, full ? "model.json" : "adapter.json"),
        `${JSON.stringify({ simulated: true, digest })}\n`,
      );
      if (request.validation !== null) await validate(request, folder);
      return { loss: Math.LN2 / STEPS };
    },
    async merge(request) {
      const folder = join(request.output, "model_merged");
      await mkdir(folder, { recursive: true });
      const adapter = await readFile(join(request.adapter, "adapter.json"), "utf8");
      await writeFile(join(folder, "model.json"), adapter);
      await writeFile(
        join(request.output, "canary.json"),
        `${JSON.stringify({ simulated: true, dtype: request.dtypes[0] })}\n`,
      );
      return {};
    },
    check: async () => null,
    async job(module) {
      throw new RangeError(`a simulated trainer has no ${module}`);
    },
  };
}

/** The only checkpoint of a simulated training is its policy. */
async function validate({ output }: TrainRequest, policy: string): Promise<void> {
  for (const name of [`checkpoint-${STEPS}`, "best"]) {
    await cp(policy, join(output, name, basename(policy)), { recursive: true });
  }
  await writeFile(join(output, "validation.json"), `${JSON.stringify({ rewards: { [STEPS]: 0 }, best: STEPS })}\n`);
}

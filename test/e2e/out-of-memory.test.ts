import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pino } from "pino";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActivityDeps } from "../../activities/deps.ts";
import { trainPolicy } from "../../activities/train.ts";
import { digestFile, digestFolder } from "../../src/artifact/digest.ts";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import type { Manifest } from "../../src/artifact/manifest.ts";
import { ROLES } from "../../src/contract/queues.ts";
import { parseDevices } from "../../src/device/devices.ts";
import { createPools } from "../../src/device/pools.ts";
import { projectRunners } from "../../src/model/python.ts";
import { createModels } from "../../src/model/serve.ts";
import { rng } from "../../src/seed.ts";
import { PROJECT } from "../harness/world.ts";
import { made, recipeOf } from "../support/artifacts.ts";
import { shipped } from "../support/recipe.ts";
import { opened } from "../support/run.ts";

const SIDE = 128;
const PAIRS = 10;
const world = mkdtempSync(join(tmpdir(), "snowball-memory-"));
afterAll(() => rmSync(world, { recursive: true }));

/** The interpreter of the project, on a device that has room for two pairs at once for three steps only. */
function smallDevice(python: string): string {
  const path = join(world, "python");
  writeFileSync(path, `#!/bin/sh\nexec ${python} ${join(PROJECT, "test/fixtures/memory/small_device.py")} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

beforeAll(async () => {
  const next = rng("memory");
  for (let image = 0; image < PAIRS; image += 1) {
    const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => Math.floor(next() * 256));
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toFile(join(world, `${image}.png`));
  }
});

/** Six optimizer steps of four pairs, two at once, on pairs of the user's own; a checkpoint at every second. */
async function trained(name: string, python: string) {
  const store = createLocalStore(join(world, name));
  const recipe = shipped("single-round.demo.yaml", {
    data: { path: "unused", image_root: relative(PROJECT, world) },
    training: {
      per_device_train_batch_size: 2,
      gradient_accumulation_steps: 2,
      max_steps: 6,
      num_train_epochs: undefined,
      save_steps: 2,
      warmup_steps: 0,
    },
  });
  const rows = Array.from({ length: PAIRS }, (_, number) => ({
    id: `pair-${number}`,
    image: [`${number}.png`],
    system: "",
    prompt: `<image>What is behind wall ${number}?`,
    chosen: "<instructions><instruction>look from behind</instruction></instructions>",
    rejected: "<instructions><instruction>make it darker</instruction></instructions>",
    policy: "",
    prompt_digest: "",
  }));
  const shown = rows.flatMap(({ image }) => image);
  const digests = await Promise.all(shown.map(async (image) => [image, await digestFile(join(world, image))]));
  const pairs = await made(store, recipeOf("pairs"), {
    "dpo_pairs.json": JSON.stringify(rows),
    "images.json": JSON.stringify(Object.fromEntries(digests)),
  });
  const log = pino({ enabled: false });
  const pools = createPools({ devices: parseDevices("cpu"), roles: ROLES, threads: 1, stateFolder: world });
  const models = createModels(pools, { ...projectRunners(), python }, log);
  const deps = { root: PROJECT, store, models, log } as ActivityDeps;
  const { planner, training, seed } = recipe;
  const { dtype, attn_implementation, min_pixels, max_pixels } = planner;
  const folder = { folder: planner.model, digest: await digestFolder(join(PROJECT, planner.model)) };
  const job = {
    algorithm: "dpo",
    init: { base: folder, dtype },
    data: [{ ref: pairs, sampledBy: null }],
    images: recipe.data.image_root,
    loading: { dtype, attn_implementation, min_pixels, max_pixels },
    settings: { ...training, sft_only: false },
    seed,
  };
  const context = { signal: new AbortController().signal, report: () => undefined };
  const { policy, warnings } = await trainPolicy(deps, context, {
    run: await opened(store, recipe, []),
    title: name,
    job,
  });
  const trained = await store.open(policy.adapter!);
  const lines = readFileSync(join(trained, "training_log.jsonl"), "utf8").trim().split("\n");
  return {
    warnings,
    steps: lines.map((line) => JSON.parse(line) as Record<string, number>),
    manifest: JSON.parse(readFileSync(join(trained, "manifest.json"), "utf8")) as Manifest,
  };
}

test("a training that runs out of memory once goes on with half the batch and comes to the same, and says so", async () => {
  const { python } = projectRunners();
  const whole = await trained("whole", python);
  const halved = await trained("halved", smallDevice(python));
  expect(whole.manifest.notes).toBeUndefined();
  expect(halved.manifest.notes).toEqual({
    batch: { per_device_train_batch_size: 1, gradient_accumulation_steps: 4 },
  });
  expect(whole.warnings).toEqual([]);
  expect(halved.warnings).toEqual([
    "the device ran out of memory, and it went on with per_device_train_batch_size: 1 and gradient_accumulation_steps: 4; so in the recipe, no time is lost.",
  ]);
  expect(halved.manifest.key).toBe(whole.manifest.key);

  expect(halved.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  // Up to the checkpoint of step 2 it is the same training; after it, the same sums in another order.
  expect(halved.steps.slice(0, 2)).toEqual(whole.steps.slice(0, 2));
  for (const [place, { loss, margin, grad_norm: norm }] of halved.steps.entries()) {
    expect(loss).toBeCloseTo(whole.steps[place]!["loss"]!, 3);
    expect(margin).toBeCloseTo(whole.steps[place]!["margin"]!, 3);
    expect(norm! / whole.steps[place]!["grad_norm"]!).toBeCloseTo(1, 2);
  }
  expect(halved.steps[5]!["loss"]).not.toBe(whole.steps[5]!["loss"]); // it was made otherwise indeed
});

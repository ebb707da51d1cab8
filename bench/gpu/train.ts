import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Findings, withFindings } from "../../activities/reference.ts";
import { readJson, writeJson } from "../../src/artifact/files.ts";
import type { TrainRequest } from "../../src/model/trainer/backend.ts";
import type { JobReport } from "../../src/process/protocol.ts";
import type { TrainRow } from "../../src/training/algorithm.ts";
import { algorithmOf } from "../../src/training/index.ts";
import { asked, type Bed } from "./bed.ts";

export interface Trained {
  /** Pairs a second, the start left out. */
  readonly live: number;
  readonly cached: number;
  /** Pairs a second of the reference's own pass, its start left out. */
  readonly reference: number;
  /** The first losses, which have to agree. */
  readonly losses: { readonly live: number; readonly cached: number };
  /** Folders of the two adapters. */
  readonly adapters: readonly [string, string];
}

/** Ids that stand for words in any of the checkpoints. */
const WORDS = { from: 20, to: 400 };

/** DPO with LoRA on pairs as long as a rollout's, with the reference in every batch and with what it found once. */
export async function preferences(bed: Bed): Promise<Trained> {
  const { batch, accumulation, steps } = bed.size.pairs;
  const rows = Array.from({ length: batch * accumulation * steps }, (_, at) => pair(bed, at));
  const live = await training(bed, "live", rows);
  const { found, rate } = await reference(bed, rows);
  const cached = await training(bed, "cached", withFindings(rows, { rows: found, refs: [] }));
  return {
    live: live.rate,
    cached: cached.rate,
    reference: rate,
    losses: { live: live.loss, cached: cached.loss },
    adapters: [live.adapter, cached.adapter],
  };
}

function pair(bed: Bed, at: number) {
  const [question] = asked(bed, at, 1);
  const text = question!.content.find((part) => part.type === "text")!.text;
  const ids = (side: number): number[] =>
    Array.from(
      { length: bed.size.max_new_tokens },
      (_, token) => WORDS.from + ((at * 7919 + side * 104_729 + token * 31) % (WORDS.to - WORDS.from)),
    );
  const image = [`${at % bed.images.length}.png`];
  const said = { chosen: "chosen", rejected: "rejected", chosen_ids: ids(1), rejected_ids: ids(2) };
  return { id: String(at), image, system: "", prompt: `<image>${text}`, ...said, policy: "" };
}

async function requestOf(bed: Bed, name: string, rows: readonly TrainRow[]): Promise<TrainRequest> {
  const { size, folder } = bed;
  const { batch, accumulation, steps } = size.pairs;
  const output = join(folder, name);
  mkdirSync(join(output, "checkpoints"), { recursive: true });
  const data = join(output, "rows.json");
  await writeJson(data, rows);
  const settings = algorithmOf("dpo").settings.parse({
    backend: "trl",
    sft_only: false,
    lora_rank: size.lora_rank,
    lora_alpha: 2 * size.lora_rank,
    learning_rate: 5e-5,
    per_device_train_batch_size: batch,
    gradient_accumulation_steps: accumulation,
    max_steps: steps,
    save_steps: steps,
  }) as TrainRequest["settings"];
  return {
    algorithm: "dpo",
    model: size.planner,
    dtype: size.dtype,
    attn_implementation: "sdpa",
    min_pixels: size.pixels,
    max_pixels: size.pixels,
    reference: null,
    data,
    validation: null,
    image_root: folder,
    output,
    checkpoints: join(output, "checkpoints"),
    resume_from: null,
    settings,
    deepspeed: null,
    judge: null,
    seed: 0,
  };
}

async function training(bed: Bed, name: string, rows: readonly TrainRow[]) {
  const request = await requestOf(bed, name, rows);
  const steps: { readonly at: number; readonly loss: number }[] = [];
  const onEvent = (event: JobReport): void => {
    if (event.event === "progress") steps.push({ at: performance.now(), loss: event.metrics["loss"]! });
  };
  await withTrainer(bed, (trainer) => trainer.train(request, { signal: bed.signal, silenceMs: 600_000, onEvent }));
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const pairs = (steps.length - 1) * bed.size.pairs.batch * bed.size.pairs.accumulation;
  return {
    rate: pairs / ((last.at - first.at) / 1000),
    loss: first.loss,
    adapter: join(request.output, "model_lora"),
  };
}

async function reference(bed: Bed, rows: readonly TrainRow[]) {
  const request = await requestOf(bed, "reference", rows);
  const seen: { readonly at: number; readonly pairs: number }[] = [];
  const onEvent = (event: JobReport): void => {
    if (event.event === "progress") seen.push({ at: performance.now(), pairs: event.step });
  };
  const options = { signal: bed.signal, silenceMs: 600_000, onEvent };
  await withTrainer(bed, (trainer) => trainer.job("runners.reference", request, options));
  const [first, last] = [seen[0]!, seen.at(-1)!];
  const file = join(request.output, "reference.json");
  return {
    found: await readJson<Findings["rows"]>(file),
    rate: (last.pairs - first.pairs) / ((last.at - first.at) / 1000),
  };
}

function withTrainer<T>(bed: Bed, use: Parameters<typeof bed.models.withTrainer<T>>[2]): Promise<T> {
  const waiting = { signal: bed.signal, onProgress: () => {}, onWaiting: () => {} };
  return bed.models.withTrainer({ backend: "trl", devices: 1, simulate: undefined }, waiting, use);
}

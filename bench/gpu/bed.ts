import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import sharp from "sharp";
import { type DeviceTime, timed } from "../../activities/device-time.ts";
import { ROLES } from "../../src/contract/queues.ts";
import { hostDevices } from "../../src/device/detect.ts";
import type { DeviceSpec } from "../../src/device/devices.ts";
import { createPools } from "../../src/device/pools.ts";
import type { Models, Used, Waiting } from "../../src/model/models.ts";
import { projectRunners } from "../../src/model/python.ts";
import { createModels } from "../../src/model/serve.ts";
import type { CallOptions, Message } from "../../src/model/vlm/backend.ts";
import type { Size } from "./size.ts";

/** Different images: as many as the questions of a chunk, so that no two share what vLLM remembers of one. */
const IMAGES = 20;

/** What every measurement works on: one device of this host, and images that show noise. */
export interface Bed {
  readonly size: Size;
  readonly models: Models;
  /** Seconds that the model used last took to load. */
  readonly loaded: () => number;
  readonly device: DeviceSpec;
  /** A private folder. */
  readonly folder: string;
  /** Absolute paths. */
  readonly images: readonly string[];
  /** At least so long is measured. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/** Takes the first device of the host: a role alone on it, as on a host with a device for each. */
export async function makeBed(size: Size, seconds: number, threads: number): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), "snowball-bench-"));
  const [device] = await hostDevices();
  if (device === undefined) throw new TypeError("a host has at least a CPU device");
  const pools = createPools({ devices: [device], roles: ROLES, threads, stateFolder: folder });
  const log = pino({ level: process.env["LOG_LEVEL"] ?? "warn" });
  let loaded = 0;
  const over = (time: DeviceTime): void => void (loaded = time.loaded / 1000);
  const models = timed(createModels(pools, projectRunners(), log), { held: () => {}, over });
  const images = Array.from({ length: IMAGES }, (_, at) => join(folder, `${at}.png`));
  for (const [at, path] of images.entries()) await writeNoise(path, size.side, at);
  return {
    size,
    models,
    loaded: () => loaded,
    device,
    folder,
    images,
    seconds,
    signal: new AbortController().signal,
    async close() {
      await models.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function writeNoise(path: string, side: number, seed: number): Promise<void> {
  const pixels = Buffer.alloc(side * side * 3);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 2654435761 + seed * 40503) >>> 24;
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(path);
}

/** A question about images, its text as long as the size says. */
export function asked(bed: Bed, at: number, images: number): Message[] {
  const text = `Question ${at}: which of the things is nearer to the camera, and what would the view from behind show? `;
  const shown = Array.from({ length: images }, (_, more) => bed.images[(at + more) % bed.images.length]!);
  return [
    {
      role: "user",
      content: [
        ...shown.map((image) => ({ type: "image" as const, image })),
        { type: "text", text: text.repeat(Math.ceil(bed.size.text / text.length)).slice(0, bed.size.text) },
      ],
    },
  ];
}

/** The options of a call by the one that plays this part. */
export function optionsOf(bed: Bed, as: string): CallOptions & Waiting & Used {
  return { signal: bed.signal, onProgress: () => {}, onWaiting: () => {}, by: { run: "bench", as } };
}

/** What was done a second: `work` is called until so many seconds are over, or so often, and says how much it did. */
export async function perSecond(
  bed: Bed,
  most: number,
  work: (at: number) => Promise<number>,
): Promise<{ readonly rate: number; readonly each: number; readonly times: number }> {
  const began = performance.now();
  let done = 0;
  let times = 0;
  const spent = () => (performance.now() - began) / 1000;
  while (times < most && (times === 0 || spent() < bed.seconds)) done += await work(times++);
  return { rate: done / spent(), each: spent() / times, times };
}

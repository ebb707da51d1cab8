import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import type { Device } from "../../../src/device/pool.ts";
import { cosine } from "../../../src/model/selector/candidates.ts";
import { embedAll, type EmbedSpec, middle, unit } from "../../../src/model/embed/backend.ts";
import { scaledSize } from "../../../src/model/embed/clip-pixels.ts";
import { readFloats, writeFloats } from "../../../src/model/embed/floats.ts";
import { openEmbedder } from "../../../src/model/embed/open.ts";
import { projectRunners } from "../../../src/model/python.ts";
import { createTrlTrainer } from "../../../src/model/trainer/trl.ts";
import { PROJECT } from "../../harness/world.ts";

const options = { signal: new AbortController().signal, onProgress: () => {} };
const folder = mkdtempSync(join(tmpdir(), "snowball-embed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const device: Device = { kind: "cpu", index: 0, name: "cpu", threads: 1, lock: join(folder, "device.lock") };
const trainer = createTrlTrainer(projectRunners(), [device], pino({ enabled: false }));
const CLIP = {
  model: join(PROJECT, "demo/pointer/clip"),
  dtype: "float32",
  attn_implementation: "sdpa",
  micro_batch: 2,
  silenceMs: 120_000,
};

function embedder(backend: EmbedSpec["backend"]) {
  return openEmbedder({ ...CLIP, backend }, trainer);
}

async function picture(name: string, width: number, height: number, grey: number): Promise<string> {
  const path = join(folder, name);
  const noise = Buffer.from(Array.from({ length: 3 * width * height }, (_, at) => (grey + 7 * at) % 256));
  await sharp(noise, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

test("transformers' CLIP and its export say the same; other sizes come near; what is too long is cut and counted", async () => {
  const images = [
    await picture("a.png", 128, 128, 3),
    await picture("b.png", 128, 128, 90),
    await picture("c.png", 400, 300, 9),
  ];
  const long = Array.from({ length: 60 }, () => "cone").join(" ");
  const texts = ["What is beside the red box?", "A blue cone", long];
  const [real, exported] = await Promise.all(
    (["clip", "clip-onnx"] as const).map(async (backend) =>
      (await embedder(backend)).embed({ images, texts }, options),
    ),
  );
  expect([real!.cutTexts, exported!.cutTexts]).toEqual([1, 1]);
  for (const part of ["images", "texts"] as const) {
    for (const [at, vector] of real![part].entries()) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      const scaled = part === "images" && at === 2;
      expect(cosine(vector, exported![part][at]!)).toBeGreaterThan(scaled ? 0.95 : 0.9999);
    }
  }
  expect(cosine(real!.texts[0]!, real!.texts[1]!)).toBeLessThan(0.999);
}, 120_000);

test("each picture and text goes through the model once; several pictures have the direction of their mean", async () => {
  const asked: unknown[] = [];
  const backend = {
    embed: async (all: { readonly images: readonly string[]; readonly texts: readonly string[] }) => {
      asked.push(all);
      const images = all.images.map((name) => (name === "x" ? Float32Array.of(1, 0) : Float32Array.of(0, 1)));
      return { images, texts: all.texts.map(() => Float32Array.of(1, 0)), cutTexts: 0 };
    },
  };
  const both = { images: ["x", "y"], text: "t" };
  const { embedded } = await embedAll(backend, [both, { images: ["x"], text: "t" }], options);
  expect(asked).toEqual([{ images: ["x", "y"], texts: ["t"] }]);
  expect([...embedded[0]!.image]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)]);
  expect([...embedded[1]!.image]).toEqual([1, 0]);
  expect(() => middle([Float32Array.of(1, 0), Float32Array.of(-1, 0)])).toThrow("no direction");
  expect(() => unit(Float32Array.of(Number.NaN))).toThrow("no direction");
});

test("a simulated embedder tells equal pictures and texts apart from others, and nothing more", async () => {
  const same = [await picture("d.png", 8, 8, 1), await picture("e.png", 8, 8, 1), await picture("f.png", 8, 8, 2)];
  const { images, texts } = await (await embedder("simulated")).embed({ images: same, texts: ["a", "b"] }, options);
  expect(images[0]).toEqual(images[1]);
  expect(cosine(images[0]!, images[2]!)).toBeLessThan(0.99);
  expect(texts[0]).not.toEqual(texts[1]);
});

test("the shorter side is scaled, and the longer one rounded down", () => {
  expect(scaledSize({ width: 640, height: 480 }, 224)).toEqual({ width: 298, height: 224 });
  expect(scaledSize({ width: 333, height: 500 }, 224)).toEqual({ width: 224, height: 336 });
});

test("vectors come back from their file; a torn one and one with NaN are refused", async () => {
  const file = join(folder, "v.f32");
  await writeFloats(file, [Float32Array.of(1, 2), Float32Array.of(3, 4)]);
  expect((await readFloats(file, 2, 2)).map((row) => [...row])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  await expect(readFloats(file, 3, 2)).rejects.toThrow("has 16 bytes; 3 vectors of 2 numbers have 24");
  writeFileSync(file, Buffer.from(Float32Array.of(1, Number.NaN).buffer));
  await expect(readFloats(file, 1, 2)).rejects.toThrow("numbers that are none");
});

import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import sharp from "sharp";
import { expect, test } from "vitest";
import { createPools } from "../../../src/device/pools.ts";
import { ROLES } from "../../../src/contract/queues.ts";
import { checkGenerated } from "../../../src/image/check.ts";
import { modelDigest } from "../../../src/model/checkpoint.ts";
import { createFlux2Klein } from "../../../src/model/image/flux2-klein.ts";
import type { EditorSpec } from "../../../src/model/specs.ts";
import { projectRunners } from "../../../src/model/python.ts";
import { createModels } from "../../../src/model/serve.ts";
import type { Answer } from "../../../src/process/model-server.ts";
import { rng } from "../../../src/seed.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FLUX = "demo/snowball/flux";

const SPEC: EditorSpec = {
  backend: "flux2-klein",
  serving: "f".repeat(64),
  model: join(ROOT, FLUX),
  dtype: "float32",
  offload: "none",
  micro_batch: 4,
  settings: { width: 64, height: 64, num_inference_steps: 2, guidance_scale: 1, max_input_pixels: 65_536 },
  silenceMs: 60_000,
};
const options = {
  signal: new AbortController().signal,
  onProgress: () => {},
  onWaiting: () => {},
  by: { run: "demo", as: "executor" },
} as const;

async function noise(path: string): Promise<string> {
  const next = rng("picture");
  const pixels = Uint8Array.from({ length: 80 * 64 * 3 }, () => Math.floor(next() * 256));
  await sharp(pixels, { raw: { width: 80, height: 64, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

test(
  "one warm server makes the views of several chunks, until a cancelled one ends it",
  { timeout: 180_000 },
  async () => {
    const folder = temporaryFolder();
    const image = await noise(join(folder, "given.png"));
    const started: unknown[] = [];
    const log = pino({ level: "debug" }, { write: (line) => void (line.includes("starting a") && started.push(line)) });
    const pools = createPools({
      devices: [{ kind: "cpu", index: 0 }],
      roles: ROLES,
      threads: 1,
      stateFolder: folder,
    });
    const models = createModels(pools, projectRunners(), log);
    const view = (name: string, over: object = {}) => {
      return { image, instruction: "show the scene from behind", seed: "s", output: join(folder, name), ...over };
    };
    try {
      const moved: number[] = [];
      const first = await models.withExecutor(
        SPEC,
        { ...options, onProgress: (done) => void moved.push(done) },
        (executor) => executor.edit([view("a.png"), view("b.png", { seed: "t" })], options),
      );
      expect(first).toEqual([{ status: "ok" }, { status: "ok" }]);
      const next = { ...SPEC, settings: { ...SPEC.settings, width: 96 } };
      const second = await models.withExecutor(next, options, (executor) =>
        executor.edit([view("c.png", { instruction: "very ".repeat(600) }), view("d.png")], options),
      );
      expect(second).toEqual([
        { status: "refused", reason: expect.stringMatching(/^the instruction has \d+ tokens; the editor reads 512$/) },
        { status: "ok" },
      ]);
      const again = await models.withExecutor(SPEC, options, (executor) => executor.edit([view("e.png")], options));
      expect(again).toEqual([{ status: "ok" }]);

      const bytes = (name: string) => readFileSync(join(folder, name));
      expect(bytes("e.png").equals(bytes("a.png"))).toBe(true);
      expect(bytes("b.png").equals(bytes("a.png"))).toBe(false);
      expect(await sharp(bytes("d.png")).metadata()).toMatchObject({
        format: "png",
        width: 96,
        height: 64,
        channels: 3,
      });
      // The shipped toy's views pass for views, or no run could use it.
      expect(await checkGenerated(join(folder, "a.png"), { maxPixels: 64 * 64 })).toMatchObject({ ok: true });
      expect(started).toHaveLength(1);

      const cancel = new AbortController();
      const cancelled = models.withExecutor(SPEC, { ...options, signal: cancel.signal }, (executor) =>
        executor.edit(
          Array.from({ length: 500 }, (_, place) => view(`${place}.png`)),
          { signal: cancel.signal, onProgress: () => cancel.abort(new Error("cancelled")) },
        ),
      );
      await expect(cancelled).rejects.toThrow("cancelled");
    } finally {
      await models.close();
    }
  },
);

/** A backend over a server that gives one answer to everything, and what the server was asked. */
function over(result: unknown, serving = SPEC.serving) {
  const asked: unknown[][] = [];
  const server = {
    request: async (...request: unknown[]): Promise<Answer> => {
      asked.push(request);
      return { result, serving, notes: {} };
    },
  };
  return { editor: createFlux2Klein(server, SPEC), asked };
}

const item = { image: "/given.png", instruction: "from behind", seed: "s", output: "/view.png" };

test("a request carries what shapes a view, and no answer of another checkpoint counts", async () => {
  const { editor, asked } = over([{ status: "ok" }]);
  expect(await editor.edit([item], options)).toEqual([{ status: "ok" }]);
  const body = { items: [item], settings: SPEC.settings, micro_batch: 4 };
  expect(asked).toEqual([["edit", body, { ...options, silenceMs: 60_000 }]]);

  await expect(over([{ status: "ok" }], "b".repeat(64)).editor.edit([item], options)).rejects.toMatchObject({
    type: "WrongPolicy",
    message: "An image server answered for bbbbbbbbbbbb where ffffffffffff was asked.",
  });
});

test.each([
  ["no result for a view", []],
  ["a state that is none", [{ status: "fine" }]],
  ["something else", "ok"],
])("%s is no view", async (_, result) => {
  await expect(over(result).editor.edit([item], options)).rejects.toMatchObject({ type: "ChildError" });
});

function digest(root: string, model: string): Promise<string> {
  return modelDigest({ field: "executor.model", backend: "flux2-klein" }, root, model);
}

test("an editor's folder is looked at before anything is loaded", async () => {
  expect(await digest(ROOT, FLUX)).toMatch(/^[0-9a-f]{64}$/);
  await expect(digest(ROOT, "demo/snowball/planner")).rejects.toThrow(
    'executor.model "demo/snowball/planner" has no model_index.json; name the folder of a FLUX.2 klein checkpoint.',
  );

  const root = temporaryFolder();
  cpSync(join(ROOT, FLUX), join(root, "flux"), { recursive: true });
  truncateSync(join(root, "flux/vae/diffusion_pytorch_model.safetensors"), 5000);
  await expect(digest(root, "flux")).rejects.toThrow(
    /is not complete: diffusion_pytorch_model\.safetensors .* \(vae\)\.$/,
  );
  rmSync(join(root, "flux/transformer"), { recursive: true });
  await expect(digest(root, "flux")).rejects.toThrow("is not complete: its folder is missing (transformer)");
  writeFileSync(join(root, "flux/model_index.json"), '{ "_class_name": "FluxKontextPipeline" }');
  await expect(digest(root, "flux")).rejects.toThrow('holds a "FluxKontextPipeline"; a FLUX.2 klein checkpoint');
});

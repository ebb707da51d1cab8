import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digestFolder } from "../../../src/artifact/digest.ts";
import { checkModel, modelDigest } from "../../../src/model/checkpoint.ts";
import { adapterWeightsIn, tensorsOf, weightsIn } from "../../../src/model/weights.ts";
import { safetensors, SHAPES, writeCheckpoint } from "../../support/checkpoint.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const whole = safetensors(SHAPES);
const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0c1d\nsize 123\n";
const quantised = (how: object) => JSON.stringify({ model_type: "qwen3_vl", quantization_config: how });
const index = (...shards: string[]) =>
  JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, place) => [`layer.${place}`, shard])) });

test("a whole checkpoint is taken, one file or several", async () => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "one"));
  writeCheckpoint(join(root, "two"), {
    "model.safetensors": null,
    "model.safetensors.index.json": index("a.safetensors", "b.safetensors"),
    "a.safetensors": whole,
    "b.safetensors": whole,
  });
  await checkModel({ field: "planner.model", backend: "transformers", trained: true }, root, "one");
  await checkModel({ field: "planner.model", backend: "transformers", trained: true }, root, "two");
  await expect(
    modelDigest({ field: "planner.model", backend: "transformers", trained: true }, root, "one"),
  ).resolves.toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ["is of another kind", { "config.json": '{"model_type":"llava"}' }, /is of type "llava"; qwen2_vl, .* are supported/],
  ["has a torn config", { "config.json": "{" }, /has a config.json that is not JSON/],
  ["has no tokenizer", { "tokenizer.json": null }, /is not complete: tokenizer.json or vocab.json is missing/],
  [
    "has no processor",
    { "preprocessor_config.json": null },
    /preprocessor_config.json or processor_config.json is missing/,
  ],
  ["has no weights", { "model.safetensors": null }, /has no weights/],
  ["has an empty file", { "model.safetensors": "" }, /model.safetensors is empty \(0 bytes\)/],
  ["is cut off", { "model.safetensors": whole.subarray(0, -1) }, /is cut off: it has \d+ of \d+ bytes/],
  ["is something else", { "model.safetensors": "<html>not found</html>" }, /is not a safetensors file/],
  [
    "has a pointer for its weights",
    { "model.safetensors": LFS },
    /is not complete: model\.safetensors is a Git LFS pointer, not the file itself; run `git lfs pull`/,
  ],
  ["has a pointer for its tokenizer", { "tokenizer.json": LFS }, /tokenizer\.json is a Git LFS pointer/],
  [
    "has an adapter beside its weights",
    { "adapter_config.json": "{}", "adapter_model.safetensors": whole },
    /has an adapter_config\.json beside its weights, which would be applied to them without a word; move/,
  ],
  [
    "is an adapter",
    { "config.json": null, "model.safetensors": null, "adapter_config.json": "{}", "adapter_model.safetensors": whole },
    /is an adapter, and no checkpoint; merge it into its base first/,
  ],
  [
    "has no chat template",
    { "chat_template.jinja": null },
    /has no chat template \(none is there\); chat_template\.jinja or chat_template\.json is needed/,
  ],
  [
    "has its chat template where no processor looks",
    { "chat_template.jinja": null, "tokenizer_config.json": '{"chat_template": "{{ messages }}"}' },
    /has no chat template \(tokenizer_config\.json has one, but the processor does not look there\)/,
  ],
  [
    "is quantised and lacks its library",
    { "config.json": quantised({ quant_method: "gptq" }) },
    /is quantised \(gptq\), which needs the Python package gptqmodel; fetch its plain weights/,
  ],
  [
    "is quantised otherwise",
    { "config.json": quantised({ quant_method: "awq" }) },
    /is quantised \(awq\), which needs/,
  ],
  [
    "is compressed",
    { "config.json": quantised({ quant_method: "compressed-tensors" }) },
    /is quantised \(compressed-tensors\), which needs the Python package compressed_tensors/,
  ],
  [
    "has pickled weights alone",
    { "model.safetensors": null, "pytorch_model.bin": "x" },
    /has its weights as pytorch_model\.bin alone; model\.safetensors \(or its index\) is needed: save it again/,
  ],
  [
    "has pickled weights beside other tensors",
    { "model.safetensors": null, "pytorch_model.bin": "x", "rotary.safetensors": whole },
    /has its weights as pytorch_model\.bin alone/,
  ],
  [
    "has pickled weights in shards",
    { "model.safetensors": null, "pytorch_model.bin.index.json": "{}", "pytorch_model-1.bin": "x" },
    /has its weights as pytorch_model-1\.bin alone/,
  ],
  [
    "has other tensors alone",
    { "model.safetensors": null, "consolidated.safetensors": whole },
    /has no weights that are loaded: consolidated\.safetensors is there, but model\.safetensors \(or its index\) is needed/,
  ],
  ["has a torn index", { "model.safetensors.index.json": "{" }, /model\.safetensors\.index\.json is torn/],
  [
    "lacks a shard",
    { "model.safetensors.index.json": index("model.safetensors", "model-2.safetensors") },
    /model-2.safetensors, which model.safetensors.index.json names, is missing/,
  ],
])("a checkpoint that %s is refused", async (_, files, sentence) => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "broken"), files);
  const refused = checkModel({ field: "critic.model", backend: "transformers" }, root, "broken");
  await expect(refused).rejects.toMatchObject({ type: "BadInput", message: expect.stringMatching(sentence) });
  await expect(refused).rejects.toThrow(/^critic\.model "broken" /);
});

test("a template may be in another file; pickled weights may lie beside those that are loaded", async () => {
  const root = temporaryFolder();
  const without = { "chat_template.jinja": null };
  writeCheckpoint(join(root, "json"), { ...without, "chat_template.json": '{"chat_template": "x"}' });
  writeCheckpoint(join(root, "inside"), { ...without, "processor_config.json": '{"chat_template": "x"}' });
  writeCheckpoint(join(root, "both"), { "pytorch_model.bin": "x" });
  for (const model of ["json", "inside", "both"]) {
    await expect(checkModel({ field: "critic.model", backend: "transformers" }, root, model)).resolves.toBeUndefined();
  }
});

test("a planner is trained and merged, so it must not be quantised at all; others may, where nothing is lacking", async () => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "fp8"), { "config.json": quantised({ quant_method: "fp8" }) });
  await checkModel({ field: "critic.model", backend: "transformers" }, root, "fp8");
  await expect(
    checkModel({ field: "planner.model", backend: "transformers", trained: true }, root, "fp8"),
  ).rejects.toThrow("is quantised (fp8), but it is to be trained and merged; its plain weights are needed.");
});

test("a snapshot's links are followed, and one that leads nowhere is named", async () => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "blobs"));
  mkdirSync(join(root, "snapshot"));
  for (const name of readdirSync(join(root, "blobs"))) symlinkSync(`../blobs/${name}`, join(root, "snapshot", name));
  await checkModel({ field: "planner.model", backend: "transformers", trained: true }, root, "snapshot");
  symlinkSync("../blobs/gone", join(root, "snapshot/vocab.json"));
  await expect(
    checkModel({ field: "planner.model", backend: "transformers", trained: true }, root, "snapshot"),
  ).rejects.toThrow(
    'planner.model "snapshot" is not complete: vocab.json is a link that leads nowhere; fetch the checkpoint again.',
  );
  await expect(digestFolder(join(root, "snapshot"))).rejects.toMatchObject({ type: "BadInput" });
});

test("an editor's parts are looked at in the same way", async () => {
  const root = temporaryFolder();
  const part = (name: string, files: Readonly<Record<string, string | Buffer>>) => {
    mkdirSync(join(root, "flux", name), { recursive: true });
    for (const [file, content] of Object.entries(files)) writeFileSync(join(root, "flux", name, file), content);
  };
  part("", { "model_index.json": '{"_class_name": "Flux2KleinPipeline"}' });
  for (const name of ["transformer", "vae"]) part(name, { "diffusion_pytorch_model.safetensors": whole });
  part("text_encoder", { "model.safetensors": whole });
  part("tokenizer", { "tokenizer.json": "{}" });
  await checkModel({ field: "executor.model", backend: "flux2-klein" }, root, "flux");
  const refused = () => checkModel({ field: "executor.model", backend: "flux2-klein" }, root, "flux");
  part("tokenizer", { "tokenizer.json": LFS });
  await expect(refused()).rejects.toThrow(/tokenizer\.json is a Git LFS pointer.* \(tokenizer\)\.$/);
  part("tokenizer", { "tokenizer.json": "{}" });
  rmSync(join(root, "flux/vae/diffusion_pytorch_model.safetensors"));
  part("vae", { "diffusion_pytorch_model.bin": "x", "model.safetensors": whole });
  await expect(refused()).rejects.toThrow(/has its weights as diffusion_pytorch_model\.bin alone.* \(vae\)\.$/);
});

test("a folder that is not there; an export that is not there; a simulated model needs none", async () => {
  const root = temporaryFolder();
  await expect(
    checkModel({ field: "planner.model", backend: "transformers", trained: true }, root, "none"),
  ).rejects.toThrow("does not exist");
  writeCheckpoint(join(root, "whole"));
  await expect(checkModel({ field: "critic.model", backend: "onnx" }, root, "whole")).rejects.toThrow(
    "has no onnx/model.onnx",
  );
  await checkModel({ field: "critic.model", backend: "simulated" }, root, "none");
});

test("the adapter's weights: rank × (in + out) of the named layers of the language model", async () => {
  const root = temporaryFolder();
  const tensors = await tensorsOf(writeCheckpoint(root));
  expect(weightsIn(tensors)).toBe(32 + 64 + 4 + 64);
  expect(adapterWeightsIn(tensors, ["q_proj"], 2)).toBe(2 * 12);
  expect(adapterWeightsIn(tensors, ["q_proj", "gate_proj"], 2)).toBe(2 * (12 + 20));
});

const CLIP = { "config.json": JSON.stringify({ model_type: "clip" }), "chat_template.jinja": null };

test.each([
  ["is no CLIP", {}, "clip", /is of type "qwen3_vl"; a CLIP checkpoint \(clip\) is needed/],
  ["has no tokenizer", { ...CLIP, "tokenizer.json": null }, "clip", /tokenizer.json or vocab.json is missing/],
  ["has no weights", { ...CLIP, "model.safetensors": null }, "clip", /model.safetensors/],
  ["is not exported", CLIP, "clip-onnx", /has no onnx\/vision_model.onnx; the clip-onnx backend needs both halves/],
] as const)("an encoder that %s is refused", async (_, files, backend, told) => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "clip"), files);
  await expect(checkModel({ field: "embedding.model", backend }, root, "clip")).rejects.toThrow(told);
});

test("a whole CLIP is taken", async () => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "clip"), CLIP);
  const checked = checkModel({ field: "embedding.model", backend: "clip" }, root, "clip");
  await expect(checked).resolves.toBeUndefined();
});

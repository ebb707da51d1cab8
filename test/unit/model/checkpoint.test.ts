import { join } from "node:path";
import { expect, test } from "vitest";
import { checkModel, modelDigest } from "../../../src/model/checkpoint.ts";
import { adapterWeightsIn, tensorsOf, weightsIn } from "../../../src/model/weights.ts";
import { safetensors, SHAPES, writeCheckpoint } from "../../support/checkpoint.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const whole = safetensors(SHAPES);
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
  await checkModel("planner", "transformers", root, "one");
  await checkModel("planner", "transformers", root, "two");
  await expect(modelDigest("planner", "transformers", root, "one")).resolves.toMatch(/^[0-9a-f]{64}$/);
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
  [
    "is something else",
    { "model.safetensors": "version https://git-lfs.github.com/spec/v1" },
    /is not a safetensors file/,
  ],
  [
    "lacks a shard",
    { "model.safetensors.index.json": index("model.safetensors", "model-2.safetensors") },
    /model-2.safetensors, which model.safetensors.index.json names, is missing/,
  ],
])("a checkpoint that %s is refused", async (_, files, sentence) => {
  const root = temporaryFolder();
  writeCheckpoint(join(root, "broken"), files);
  const refused = checkModel("critic", "transformers", root, "broken");
  await expect(refused).rejects.toMatchObject({ type: "BadInput", message: expect.stringMatching(sentence) });
  await expect(refused).rejects.toThrow(/^critic\.model "broken" /);
});

test("a folder that is not there; an export that is not there; a simulated model needs none", async () => {
  const root = temporaryFolder();
  await expect(checkModel("planner", "transformers", root, "none")).rejects.toThrow("does not exist");
  writeCheckpoint(join(root, "whole"));
  await expect(checkModel("critic", "onnx", root, "whole")).rejects.toThrow("has no onnx/model.onnx");
  await checkModel("critic", "simulated", root, "none");
});

test("the adapter's weights: rank × (in + out) of the named layers of the language model", async () => {
  const root = temporaryFolder();
  const tensors = await tensorsOf(writeCheckpoint(root));
  expect(weightsIn(tensors)).toBe(32 + 64 + 4 + 64);
  expect(adapterWeightsIn(tensors, ["q_proj"], 2)).toBe(2 * 12);
  expect(adapterWeightsIn(tensors, ["q_proj", "gate_proj"], 2)).toBe(2 * (12 + 20));
});

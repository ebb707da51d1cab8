import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adapterDigest, checkAdapter } from "../../../src/model/adapter.ts";
import { safetensors } from "../../support/checkpoint.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const LORA = JSON.stringify({ peft_type: "LORA", r: 4 });
const weights = safetensors({ "base_model.model.q_proj.lora_A.weight": [4, 8] });

function adapterIn(root: string, files: Readonly<Record<string, string | Buffer | null>> = {}): void {
  mkdirSync(join(root, "lora"));
  const whole = { "adapter_config.json": LORA, "adapter_model.safetensors": weights, ...files };
  for (const [name, content] of Object.entries(whole)) {
    if (content !== null) writeFileSync(join(root, "lora", name), content);
  }
}

test("a whole adapter is taken; a byte of it is another adapter", async () => {
  const root = temporaryFolder();
  adapterIn(root);
  await checkAdapter("policies tuned", "transformers", root, "lora");
  const before = await adapterDigest("policies tuned", "transformers", root, "lora");
  writeFileSync(join(root, "lora/adapter_config.json"), JSON.stringify({ peft_type: "LORA", r: 8 }));
  expect(await adapterDigest("policies tuned", "transformers", root, "lora")).not.toBe(before);
});

test.each([
  [{ "adapter_config.json": null }, "is no adapter: adapter_config.json and adapter_model.safetensors are needed"],
  [{ "adapter_model.safetensors": null }, "is no adapter: adapter_config.json and adapter_model.safetensors"],
  [{ "adapter_config.json": "{" }, "has an adapter_config.json that is not JSON; fetch the adapter again"],
  [{ "adapter_config.json": '{"peft_type":"IA3"}' }, 'is of type "IA3"; LoRA adapters are supported'],
  [{ "adapter_model.safetensors": weights.subarray(0, -1) }, "is not complete: adapter_model.safetensors is cut off"],
  [{ "adapter_model.safetensors": "" }, "is not complete: adapter_model.safetensors is empty (0 bytes)"],
])("an adapter with %j is refused in one sentence", async (files, sentence) => {
  const root = temporaryFolder();
  adapterIn(root, files);
  const refused = checkAdapter("policies tuned", "transformers", root, "lora");
  await expect(refused).rejects.toMatchObject({ type: "BadInput" });
  await expect(refused).rejects.toThrow(`policies tuned.adapter "lora" ${sentence}`);
});

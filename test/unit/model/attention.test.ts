import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DeviceSpec } from "../../../src/device/devices.ts";
import { checkAttention } from "../../../src/model/attention.ts";
import { roomOf } from "../../../src/pipeline/rooms.ts";
import { parsed, shortest, withFields } from "../../support/recipe.ts";

const GPU: readonly DeviceSpec[] = [{ kind: "cuda", index: 0 }];
const CPU: readonly DeviceSpec[] = [{ kind: "cpu", index: 0 }];

/** An environment whose Python says what it finds. */
function environment(says: string) {
  const python = join(mkdtempSync(join(tmpdir(), "python-")), "python");
  writeFileSync(python, `#!/bin/sh\n${says}\n`);
  chmodSync(python, 0o755);
  return { python, cwd: ".", env: {} };
}

const { models } = await roomOf({ pipeline: "snowball" });
const flash = models(parsed(withFields(shortest(), { critic: { attn_implementation: "flash_attention_2" } })));

test("without flash attention nothing is looked for", async () => {
  const plain = models(parsed(shortest()));
  await expect(checkAttention(plain, CPU, environment("exit 1"))).resolves.toBeUndefined();
});

test("flash attention that is there, on a host with a GPU, is fine", async () => {
  await expect(checkAttention(flash, GPU, environment("echo True"))).resolves.toBeUndefined();
});

test.each(["echo False", "exit 1"])("its package is missed before anything starts: %s", async (says) => {
  await expect(checkAttention(flash, GPU, environment(says))).rejects.toThrow(
    /^critic\.attn_implementation is flash_attention_2, but the package flash-attn is not in the environment of .*; install it there, or use sdpa\.$/,
  );
});

test("a host without a GPU has no use for it", async () => {
  await expect(checkAttention(flash, CPU, environment("echo True"))).rejects.toThrow(
    /^critic\.attn_implementation is flash_attention_2, which needs a GPU/,
  );
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { textOf } from "../../../src/dataset/adapters/text.ts";
import { temporaryFolder } from "../../support/temporary.ts";

async function read(content: Buffer | string): Promise<string> {
  const path = join(temporaryFolder(), "q.json");
  writeFileSync(path, content);
  const parts: string[] = [];
  for await (const part of textOf(path, "q.json")) parts.push(part);
  return parts.join("");
}

test("a text comes through as it is, also where reads cut its characters, without a byte order mark", async () => {
  const long = "ä空𝄞x".repeat(40_000);
  expect(await read(long)).toBe(long);
  expect(await read(`\uFEFF${long}`)).toBe(long);
});

test.each([
  [0xff, "a byte that no character has"],
  [0x80, "a continuation without its beginning"],
  [0xc3, "a beginning without its continuation"],
])("0x%s is found by its line and its place in the file: %s", async (byte) => {
  const lines = fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lines, fc.string({ unit: "grapheme-ascii" }), async (before, after) => {
      const start = Buffer.from(before.map((line) => `${line}\n`).join(""));
      const message = await read(Buffer.concat([start, Buffer.from([byte]), Buffer.from(`x${after}`)])).catch(String);
      const line = start.toString("latin1").split("\n").length;
      expect(message).toContain(
        `q.json is not UTF-8 text: line ${line} has a broken character (byte 0x${byte.toString(16)}, number ${start.length + 1} of the file)`,
      );
    }),
    { numRuns: 30 },
  );
});

test("a byte far inside, and one that the end of the file cuts off", async () => {
  const far = Buffer.concat([Buffer.from("é\n".repeat(100_000)), Buffer.from([0xe9]), Buffer.from("\n")]);
  await expect(read(far)).rejects.toThrow("line 100001 has a broken character (byte 0xe9, number 300,001 of the file)");
  await expect(read(Buffer.from("ab\n空").subarray(0, -1))).rejects.toThrow("line 2 has a broken character (byte 0xe7");
});

test.each<[number[], string]>([
  [[0x1f, 0x8b, 8, 0], "q.json is packed (gzip); unpack it and name what comes out."],
  [[0x50, 0x4b, 3, 4], "q.json is packed (zip)"],
  [[0x28, 0xb5, 0x2f, 0xfd], "q.json is packed (zstd)"],
  [[0xff, 0xfe, 0x5b, 0], "q.json is UTF-16 text; save it as UTF-8."],
])("%j: what it is instead", async (bytes, message) => {
  await expect(read(Buffer.from(bytes))).rejects.toThrow(message);
});

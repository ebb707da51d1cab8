import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseRecipeObject } from "../../../../src/pipeline/parse.ts";
import { roomOf } from "../../../../src/pipeline/rooms.ts";

const SERVER = { address: "http://host:8000/v1", model: "qwen" };
const shipped = parse(
  readFileSync(join(import.meta.dirname, "../../../../configs/unified-reward.demo.yaml"), "utf8"),
) as { readonly dpo: object; readonly answering: object };
const served = { ...shipped.answering, backend: "openai", server: SERVER };
const chosen = { ...shipped.dpo, chosen_from: "model", model: "models/teacher" };

test.each<[object, RegExp]>([
  [{ answering: { ...served, server: undefined } }, /^answering\.server is missing; with backend openai/],
  [
    { answering: { ...shipped.answering, server: SERVER } },
    /^answering\.server is given, but answering\.backend is tr/,
  ],
  [{ answering: served, dpo: chosen }, /^dpo\.server is missing; with backend openai its address and model/],
  [{ dpo: { ...chosen, server: SERVER } }, /^dpo\.server is given, but answering\.backend is transformers/],
  [{ answering: served, dpo: { ...shipped.dpo, server: SERVER } }, /^dpo\.server is given without dpo\.model/],
  [
    { answering: { ...served, server: { ...SERVER, key: "sk-0123" } } },
    /answering\.server\.key is "sk-0123"; the name of an environment variable is needed, and never the key itself/,
  ],
])("%j", (change, sentence) => {
  expect(() => parseRecipeObject({ ...shipped, ...change })).toThrow(sentence);
});

test("another address, or more at once, changes no result", async () => {
  const before = parseRecipeObject({ ...shipped, answering: served });
  const server = { ...SERVER, address: "http://other:8000/v1", in_flight: 4 };
  const after = parseRecipeObject({ ...shipped, answering: { ...served, server } });
  const changes = (await roomOf(before)).changes(before, after);
  expect(changes.determines).toBe(false);
});

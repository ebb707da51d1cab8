import {
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestFolder } from "../../../src/artifact/digest.ts";
import { readJson, readJsonLines, writeJson, writeJsonLines } from "../../../src/artifact/files.ts";
import { linkFolder } from "../../../src/artifact/link-folder.ts";
import { collect, names, writeFiles } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

describe("JSON Lines", () => {
  test("rows come back as they went in, line breaks and all", async () => {
    const path = join(temporaryFolder(), "rows.jsonl");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (rows) => {
        expect(await writeJsonLines(path, rows)).toBe(rows.length);
        const read = await collect(readJsonLines(path));
        expect(JSON.stringify(read)).toBe(JSON.stringify(rows));
      }),
      { numRuns: 30 },
    );
  });

  test("rows beyond the write and read buffers stay whole", async () => {
    const path = join(temporaryFolder(), "rows.jsonl");
    const rows = Array.from({ length: 40 }, (_, index) => ({ index, text: "é".repeat(100_000) }));
    await writeJsonLines(path, rows);
    expect(await collect(readJsonLines(path))).toEqual(rows);
  });

  test("a torn last line is refused, after the whole ones", async () => {
    const path = join(temporaryFolder(), "rows.jsonl");
    await writeJsonLines(path, [{ a: 1 }, { a: 2 }]);
    truncateSync(path, statSync(path).size - 1); // still JSON: only the missing line break tells
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const row of readJsonLines(path)) seen.push(row);
    })();
    await expect(reading).rejects.toThrow(`${path}, line 2 is torn`);
    expect(seen).toEqual([{ a: 1 }]);
  });

  test("a line that is not JSON is named", async () => {
    const path = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(path, '{"a":1}\n{"a":\n{"a":3}\n');
    await expect(collect(readJsonLines(path))).rejects.toMatchObject({
      type: "BadInput",
      message: expect.stringContaining(`${path}, line 2 is not JSON`),
    });
  });

  test("a number that JSON cannot hold is refused, never written as null", async () => {
    const path = join(temporaryFolder(), "rows.jsonl");
    await expect(writeJsonLines(path, [{ score: Number.NaN }])).rejects.toThrow('"score" is NaN');
    await expect(writeJsonLines(path, [undefined])).rejects.toThrow("undefined cannot be written as JSON");
  });
});

test("a JSON file is replaced whole, and no draft stays", async () => {
  const folder = temporaryFolder();
  await writeJson(join(folder, "config.json"), { a: 1 });
  await writeJson(join(folder, "config.json"), { a: 2 });
  expect(await readJson(join(folder, "config.json"))).toEqual({ a: 2 });
  expect(names(folder)).toEqual(["config.json"]);
});

test("a linked folder shows the same files, without the manifest, and follows a second artifact", async () => {
  const [from, other, to] = [temporaryFolder(), temporaryFolder(), join(temporaryFolder(), "iter_0")];
  writeFiles(from, { "rollouts.jsonl": "one", "images/a.png": "a", "manifest.json": "{}" });
  writeFiles(other, { "rollouts.jsonl": "two" });
  await linkFolder(from, to);
  await linkFolder(from, to); // again: nothing to do
  expect(statSync(join(to, "images/a.png")).ino).toBe(statSync(join(from, "images/a.png")).ino);
  await linkFolder(other, to);
  expect(readFileSync(join(to, "rollouts.jsonl"), "utf8")).toBe("two");
  expect(readFileSync(join(from, "rollouts.jsonl"), "utf8")).toBe("one");
  expect(names(to)).toEqual(["images", "rollouts.jsonl"]);
});

describe("digest of a folder", () => {
  test("covers names and contents, follows links, and leaves out a downloader's own files", async () => {
    const [model, cache] = [temporaryFolder(), temporaryFolder()];
    writeFiles(model, { "config.json": "{}", "sub/model.safetensors": "weights" });
    const digest = await digestFolder(model);

    mkdirSync(join(cache, "sub"));
    symlinkSync(join(model, "config.json"), join(cache, "config.json"));
    linkSync(join(model, "sub/model.safetensors"), join(cache, "sub/model.safetensors"));
    writeFiles(cache, { ".cache/download.lock": "1" });
    expect(await digestFolder(cache)).toBe(digest);

    writeFiles(cache, { "vocab.json": "{}" });
    expect(await digestFolder(cache)).not.toBe(digest);
  });

  test("is taken again when a file was written anew, also where its size and its time were put back", async () => {
    const model = temporaryFolder();
    const path = join(model, "model.safetensors");
    writeFiles(model, { "model.safetensors": "weights" });
    utimesSync(path, 1, 1);
    const digest = await digestFolder(model);
    writeFileSync(path, "WEIGHTS");
    utimesSync(path, 1, 1);
    const changed = await digestFolder(model);
    expect(changed).not.toBe(digest);
    expect(await digestFolder(model)).toBe(changed);
    writeFileSync(path, "weights");
    expect(await digestFolder(model)).toBe(digest);
  });

  test("refuses a folder that is missing or holds no files", async () => {
    const folder = temporaryFolder();
    await expect(digestFolder(folder)).rejects.toThrow("holds no files");
    await expect(digestFolder(join(folder, "gone"))).rejects.toThrow("There is no folder");
  });
});

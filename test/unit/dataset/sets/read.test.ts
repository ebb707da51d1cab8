import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ExampleRow, loadExamples, ownersOf, readExamples } from "../../../../src/dataset/sets/read.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

/** A root with a file of these lines. */
function rootWith(...lines: readonly (object | string)[]): string {
  const root = temporaryFolder();
  writeFileSync(
    join(root, "rows.jsonl"),
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
  return root;
}

const SOURCE = { path: "rows.jsonl", format: "plain" };
const row = (id: string) => ({ id, image: `${id}.png`, prompt: "Where?", answer: "Left." });

async function all(root: string, limit?: number): Promise<ExampleRow<"demonstration">[]> {
  const rows = [];
  for await (const each of readExamples(root, { ...SOURCE, limit }, "demonstration")) rows.push(each);
  return rows;
}

test("good rows come with their number, and bad ones with what is wrong", async () => {
  const root = rootWith(row("a"), "{", { ...row("b"), answer: 1 }, row("a"), row("c"));
  expect(await all(root)).toEqual([
    { row: 1, example: { ...row("a"), image: ["a.png"] } },
    { row: 2, problem: expect.stringMatching(/^it is not JSON/) },
    { row: 3, id: "b", problem: "answer is missing or empty" },
    { row: 4, id: "a", problem: "row 1 has the same id; ids must differ" },
    { row: 5, example: { ...row("c"), image: ["c.png"] } },
  ]);
  await expect(loadExamples(root, SOURCE, "demonstration")).rejects.toThrow(
    /^rows\.jsonl, row 2: it is not JSON.*\n2 more rows/s,
  );
});

test("a limit ends the reading, so that what comes behind it is not looked at", async () => {
  const root = rootWith(row("a"), row("b"), row("c"), "{");
  expect((await all(root, 2)).map((each) => each.row)).toEqual([1, 2]);
});

test("a file of another purpose, or of nothing, is refused", async () => {
  const root = rootWith(row("a"));
  await expect(loadExamples(root, { ...SOURCE, format: "vsr" }, "preference")).rejects.toThrow(
    "vsr has no preferences for DPO; it has tasks with a truth for GRPO and items of a benchmark.",
  );
  await expect(loadExamples(rootWith(), SOURCE, "demonstration")).rejects.toThrow(
    "rows.jsonl has no demonstrations for SFT.",
  );
  await expect(loadExamples(temporaryFolder(), SOURCE, "demonstration")).rejects.toThrow("rows.jsonl does not exist");
});

test("owners name the images of their examples", async () => {
  const loaded = await loadExamples(rootWith(row("a"), row("b")), SOURCE, "demonstration");
  expect(ownersOf("rows.jsonl", loaded)).toEqual({
    name: "rows.jsonl",
    rows: [1, 2],
    questions: [
      { id: "a", images: ["a.png"] },
      { id: "b", images: ["b.png"] },
    ],
  });
});

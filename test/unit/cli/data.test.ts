import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { aRow, dataRoot } from "../../support/data.ts";

const PROJECT = join(import.meta.dirname, "../../..");

/** The command line in a process of its own, on a root of the test's. */
function snowball(root: string, ...args: string[]) {
  return execa(join(PROJECT, "bin/snowball"), args, { cwd: root, env: { SNOWBALL_ROOT: root }, reject: false });
}

async function rootWith(rows: readonly Record<string, unknown>[], data: object = {}): Promise<string> {
  const { root, recipe } = await dataRoot(rows, data);
  writeFileSync(join(root, "my.json"), JSON.stringify(recipe));
  return root;
}

test("good data: what there is, and status 0", async () => {
  const root = await rootWith([aRow("a"), aRow("b", { question_type: "right" })]);
  const { stdout, exitCode } = await snowball(root, "data", "check", "my.json");
  expect(stdout.split("\n")).toEqual([
    "usable    2 questions (all with an answer) · 2 images · 2 scenes",
    "families  left 1 · right 1",
    "Nothing is wrong.",
  ]);
  expect(exitCode).toBe(0);
});

test("what a run would leave out is said by the check as by the plan", async () => {
  const rows = ["a", "b", "c", "d"].map((id) => aRow(id, { scene: "one" }));
  const root = await rootWith([...rows, aRow("e"), aRow("f")], { held_out: { val: 0, test: 2 }, max_samples: 1 });
  const said = /left out  +(\d questions? shares? a picture or a scene with what is held out|\d questions? above data)/;
  type Told = { readonly leftOut: unknown };
  const told: Told[] = [];
  for (const what of [["data", "check"], ["plan"]]) {
    expect((await snowball(root, ...what, "my.json")).stdout).toMatch(said);
    const line = JSON.parse((await snowball(root, ...what, "my.json", "--json")).stdout) as Told & { data?: Told };
    told.push(line.data ?? line);
  }
  expect(told[0]!.leftOut).toEqual(told[1]!.leftOut);
});

test("bad data: every problem, how many, and status 2; for programs a line of JSON each", async () => {
  const root = await rootWith([aRow("a"), aRow("b", { question: "" }), aRow("c", { images: ["none.png"] })]);
  const people = await snowball(root, "data", "check", "my.json");
  const row = 'data/questions.jsonl, row 2 (id "b"): question is missing or empty.';
  const image = 'data/questions.jsonl, row 3 (id "c"): image "none.png" does not exist.';
  expect(people.stdout.split("\n")).toEqual([
    row,
    image,
    "",
    "usable    2 questions (all with an answer) · 1 image · 2 scenes",
    "2 problems; a run is refused as long as there are any.",
  ]);
  expect(people.exitCode).toBe(2);
  const programs = await snowball(root, "data", "check", "my.json", "--json");
  const lines = programs.stdout.split("\n").map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([
    { file: "data/questions.jsonl", row: 2, id: "b", sentence: row },
    { file: "data/questions.jsonl", row: 3, id: "c", sentence: image },
    {
      problems: 2,
      questions: 2,
      pairs: 0,
      answered: 2,
      images: 1,
      scenes: 2,
      families: { left: 2 },
      leftOut: { besideHeldOut: 0, aboveMaxSamples: 0 },
    },
  ]);
  expect(programs.exitCode).toBe(2);
});

test("what is unpacked is checked with the lines that unpacking prints", async () => {
  const root = await rootWith([]);
  const file = join(PROJECT, "test/fixtures/parquet/packed.parquet");
  const { stdout, exitCode } = await snowball(root, "data", "unpack", file, "--to", "data/mmsi");
  expect(exitCode).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "2 questions with 3 images in data/mmsi.",
    "In a recipe:",
    "  data:",
    "    path: data/mmsi/questions.jsonl",
    "    image_root: data/mmsi",
  ]);
  const again = await snowball(root, "data", "unpack", file, "--to", "data/mmsi");
  expect([again.exitCode, again.stderr]).toEqual([2, `${join(root, "data/mmsi")} is not empty; name a new folder.`]);
});

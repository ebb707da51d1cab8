import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { aRow, dataRoot, picture } from "../../support/data.ts";
import { temporaryFolder } from "../../support/temporary.ts";

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

const FIXTURES = join(PROJECT, "test/fixtures/sets");

test("a data set's file: counts, shares, samples, and what is broken, row by row", async () => {
  const root = temporaryFolder();
  const row = {
    image: "a.png",
    origin_dataset: "COCO",
    text: { question: "What?", chosen: "A cup.", rejected: "A cat." },
  };
  const rows = [row, { ...row, origin_dataset: "VQAv2", image: "none.png" }, { ...row, text: { question: "What?" } }];
  writeFileSync(join(root, "rows.jsonl"), rows.map((each) => `${JSON.stringify(each)}\n`).join(""));
  writeFileSync(join(root, "a.png"), await picture(1).png().toBuffer());
  const typed = ["data", "check", "--format", "rlhf-v", "rows.jsonl"];
  const broken = 'rows.jsonl, row 3 (id "3"): chosen is missing or empty.';
  const { stdout, exitCode } = await snowball(root, ...typed, "--images", ".");
  expect(stdout.split("\n")).toEqual([
    broken,
    'rows.jsonl, row 2 (id "2"): image "none.png" does not exist.',
    "",
    "usable          3 rows · 2 preferences for DPO · 2 demonstrations for SFT · 1 image",
    "origin_dataset  COCO 2 (67 %) · VQAv2 1 (33 %)",
    'preference      {"id":"1","image":["a.png"],"prompt":"What?","chosen":"A cup.","rejected":"A cat."}',
    'preference      {"id":"2","image":["none.png"],"prompt":"What?","chosen":"A cup.","rejected":"A cat."}',
    'demonstration   {"id":"1","image":["a.png"],"prompt":"What?","answer":"A cup."}',
    'demonstration   {"id":"2","image":["none.png"],"prompt":"What?","answer":"A cup."}',
    "2 problems; a run is refused as long as there are any.",
  ]);
  expect(exitCode).toBe(2);
  const [problem, summary] = (await snowball(root, ...typed, "--json")).stdout
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(problem).toEqual({ file: "rows.jsonl", row: 3, id: "3", sentence: broken });
  expect(summary).toMatchObject({
    problems: 1,
    rows: 3,
    broken: 1,
    examples: { preference: 2, demonstration: 2 },
    shares: { origin_dataset: { COCO: 2, VQAv2: 1 } },
    images: null,
  });
  expect(await snowball(root, "data", "check", "my.yaml", "--images", ".")).toMatchObject({ exitCode: 2 });
});

test("a data set's images are unpacked beside its rows", async () => {
  const root = temporaryFolder();
  const done = await snowball(
    root,
    "data",
    "unpack",
    join(FIXTURES, "rlhf-v.parquet"),
    "--format",
    "rlhf-v",
    "--to",
    "set",
  );
  expect(done.stdout).toBe("2 rows with 2 images in set/rows.jsonl.");
  expect(readdirSync(join(root, "set/images")).toSorted()).toEqual(["000001_0.jpg", "000002_0.png"]);
  expect(
    (await snowball(root, "data", "check", "--format", "rlhf-v", "set/rows.jsonl", "--images", "set")).exitCode,
  ).toBe(0);

  writeFileSync(join(root, "rows.jsonl"), "{");
  const refused = await snowball(root, "data", "unpack", "rows.jsonl", "--format", "rlhf-v", "--to", "other");
  expect(refused.exitCode).toBe(2);
  expect(refused.stdout).toMatch(/^rows\.jsonl, row 1: it is not JSON/);
  expect(readdirSync(join(root, "other"))).toEqual([]);
});

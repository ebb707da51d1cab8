import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { beforeAll, expect, test } from "vitest";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import type { JudgedRow } from "../../src/benchmark/rows.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Recipe } from "../../src/pipeline/index.ts";
import type { Recipe as EvaluateRecipe } from "../../src/pipeline/evaluate/recipe.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

/** Twenty questions of two types; the same images as the sample data's. */
const QUESTIONS = "bench.jsonl";
const COUNT = 20;

beforeAll(() => {
  const shipped = simulatedRecipe("sample").data;
  const sample = JSON.parse(readFileSync(join(stage.root, shipped.path!), "utf8")) as { images: string[] }[];
  const rows = Array.from({ length: COUNT }, (_, at) => ({
    id: `q${at}`,
    images: sample[at % sample.length]!.images,
    question: `Where is the cup of question ${at}? Options: A: left, B: right, C: behind, D: above`,
    answer: "ABCD"[at % 4],
    question_type: at % 2 === 0 ? "Position" : "Motion",
  }));
  writeFileSync(join(stage.root, QUESTIONS), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});

function recipeOf(name: string, change: object = {}): EvaluateRecipe {
  const image_root = simulatedRecipe("sample").data.image_root;
  return parseRecipeObject({
    pipeline: "evaluate",
    name,
    policies: [
      { name: "base", model: "one" },
      { name: "other", model: "another" },
      { name: "tuned", model: "one", adapter: "adapters/tuned" },
    ],
    benchmarks: [{ benchmark: "mmsi", data: { path: QUESTIONS, image_root } }],
    answering: { backend: "simulated" },
    chunk: { questions: 3 },
    retries: { heartbeat_timeout_s: 2, max_attempts: 2 },
    simulate: {},
    ...change,
  }) as EvaluateRecipe;
}

async function run(recipe: Recipe): Promise<RunResult> {
  await startRun(stage.client, recipe);
  return resultOf(stage.client, recipe.name);
}

function answersIn(result: RunResult, policy: string, benchmark = "mmsi"): JudgedRow[] {
  const file = join(stage.root, result.folder, "answers", policy, `${benchmark}.jsonl`);
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JudgedRow);
}

function countOf(step: string): number {
  return readdirSync(join(stage.root, ".snowball/store/artifacts", step)).length;
}

async function problemsIn(result: RunResult): Promise<string[]> {
  const problems = [];
  const store = createLocalStore(join(stage.root, ".snowball/store"));
  for await (const each of verifyRun(store, join(stage.root, result.folder))) if (each.problem) problems.push(each);
  return problems.map((each) => `${each.what}: ${each.problem}`);
}

test("every policy is asked every question, and the table says what the answers come to", async () => {
  const result = await run(recipeOf("table"));
  expect(result.folder).toMatch(/^results\/evaluations\//);
  expect(result.policy).toBeNull();
  const [table, types] = result.tables;
  expect(table!.rows.map((row) => row["policy"])).toEqual(["base", "other", "tuned"]);
  for (const row of table!.rows) {
    const rows = answersIn(result, row["policy"] as string);
    expect(rows.map((each) => each.id).toSorted()).toEqual(
      Array.from({ length: COUNT }, (_, at) => `q${at}`).toSorted(),
    );
    for (const { said, truth, status } of rows) expect(status).toBe(said === truth ? "right" : "wrong");
    const right = rows.filter(({ status }) => status === "right").length;
    expect(row["mmsi"]).toMatchObject({ mean: right / COUNT });
    expect(row["mmsi unparseable"]).toBe(0);
  }
  const [base, other] = table!.rows;
  const mean = (row: typeof base): number => (row!["mmsi"] as { mean: number }).mean;
  expect(base!["mmsi change"]).toBeNull();
  expect((other!["mmsi change"] as { mean: number }).mean).toBeCloseTo(mean(other) - mean(base));
  expect(types!.rows.map((row) => [row["type"], row["questions"]])).toEqual([
    ["Motion", COUNT / 2],
    ["Position", COUNT / 2],
  ]);
  expect(result.accounts).toHaveLength(3);
  for (const { total, parts } of result.accounts) {
    expect(total).toBe(COUNT);
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBe(COUNT);
  }
  expect(await problemsIn(result)).toEqual([]);
});

test("another run's policy is a policy, and answers are found where they were given, however they are judged", async () => {
  await run(simulatedRecipe("loop", { loop: { num_iterations: 1 } }));
  const policies = [
    { name: "base", model: "one" },
    { name: "trained", run: "loop" },
  ];
  const result = await run(recipeOf("of-a-run", { policies }));
  const digests = result.tables[0]!.rows.map((row) => row["digest"]);
  expect(digests[1]).toBe(answersIn(result, "trained")[0]!.policy);
  expect(result.tables[0]!.rows[1]!["mmsi"]).not.toBeNull();

  const before = countOf("answer-items");
  const settings = { reader: "mmsi" };
  const [benchmark] = recipeOf("any").benchmarks;
  const again = await run(recipeOf("judged-otherwise", { policies, benchmarks: [{ ...benchmark, settings }] }));
  expect(again.tables[0]!.rows.map((row) => row["digest"])).toEqual(digests);
  expect(countOf("answer-items")).toBe(before);
});

test("VSR and CV-Bench are read as they are published, and CV-Bench has the scores of its authors", async () => {
  const { path, image_root } = simulatedRecipe("sample").data;
  const sample = JSON.parse(readFileSync(join(stage.root, path!), "utf8")) as { images: string[] }[];
  const image = (at: number): string => sample[at % sample.length]!.images[0]!;
  const put = (name: string, rows: readonly object[]): string => {
    writeFileSync(join(stage.root, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return name;
  };
  const sentences = Array.from({ length: 12 }, (_, at) => ({
    image: image(at),
    image_link: `http://images.example/${at}.jpg`,
    caption: `The cup is on box ${at}.`,
    label: at % 2,
    relation: at % 3 === 0 ? "on" : "under",
  }));
  const choices = Array.from({ length: 30 }, (_, at) => ({
    idx: at,
    type: at % 5 < 2 ? "2D" : "3D",
    task: at % 5 < 2 ? "Count" : "Depth",
    image: image(at),
    question: `Which is it, in picture ${at}?`,
    choices: ["cup", "box", "bed", "hat"],
    answer: `(${"ABCD"[at % 4]})`,
    source: ["ADE20K", "COCO", "Omni3D", "Omni3D", "Omni3D"][at % 5],
  }));
  const benchmarks = [
    { benchmark: "vsr", data: { path: put("vsr.jsonl", sentences), image_root } },
    { benchmark: "cv-bench", data: { path: put("cv-bench.jsonl", choices), image_root } },
  ];
  const result = await run(recipeOf("published", { benchmarks }));
  const truths = answersIn(result, "base", "vsr");
  expect(truths.map(({ truth }) => truth).toSorted()).toEqual([...Array(6).fill("false"), ...Array(6).fill("true")]);
  expect(truths.map(({ status }) => status)).not.toContain("unparseable");
  const rows = answersIn(result, "base", "cv-bench");
  const share = (source: string): number => {
    const own = rows.filter(({ id }) => choices[Number(id)]!.source === source);
    return own.filter(({ status }) => status === "right").length / own.length;
  };
  const scores = result.tables.find(({ columns }) => columns[0]!.title === "cv-bench score")!;
  const base = Object.fromEntries(
    scores.rows.map((row) => [row["score"], (row["base"] as { mean: number } | null)?.mean]),
  );
  const flat = (share("ADE20K") + share("COCO")) / 2;
  expect(base["2D"]).toBeCloseTo(flat);
  expect(base["3D"]).toBeCloseTo(share("Omni3D"));
  expect(base["total"]).toBeCloseTo((flat + share("Omni3D")) / 2);
  // Nothing was asked about relations or distances.
  expect([base["Relation"], base["Distance"]]).toEqual([undefined, undefined]);
  expect(scores.rows[0]).toMatchObject({
    score: "total",
    questions: 30,
    "other change": { half: expect.any(Number) as number },
  });
  expect(await problemsIn(result)).toEqual([]);

  put("cv-bench.jsonl", [...choices.slice(0, 3), { ...choices[3], choices: ["cup", null] }]);
  await expect(run(recipeOf("broken", { benchmarks: benchmarks.slice(1) }))).rejects.toMatchObject({
    cause: { cause: { message: 'cv-bench.jsonl, row 4 (id "3"): choices[1] is no text or empty.' } },
  });
});

test("an item that kills the model again and again is quarantined, and too many of them stop the run", async () => {
  const simulate = { faults: { poison_questions: ["of question 7?"] } };
  const result = await run(recipeOf("poisoned", { simulate, policies: [{ name: "base", model: "one" }] }));
  const lost = answersIn(result, "base").filter(({ status }) => status === "quarantined");
  expect(lost.map(({ id, reason }) => [id, reason])).toEqual([["q7", expect.stringContaining("died")]]);
  expect(result.accounts[0]!.parts["quarantined"]).toBe(1);
  expect(result.tables[0]!.rows[0]!["mmsi"]).toMatchObject({ mean: expect.any(Number) as number });
  expect(await problemsIn(result)).toEqual([]);

  const strict = recipeOf("poisoned-strictly", { simulate, max_quarantined_share: 0.01 });
  await expect(run(strict)).rejects.toThrow(WorkflowFailedError);
});

test("an answer that is changed afterwards is found by verify", async () => {
  const result = await run(recipeOf("changed", { policies: [{ name: "base", model: "one" }] }));
  const file = join(stage.root, result.folder, "answers/base/mmsi.jsonl");
  const rows = answersIn(result, "base");
  const [first] = rows;
  const other = { ...first!, said: "Z", status: "wrong" };
  // Written anew, not through the link into the store.
  rmSync(file);
  writeFileSync(file, [other, ...rows.slice(1)].map((row) => `${JSON.stringify(row)}\n`).join(""));
  expect(await problemsIn(result)).toContainEqual(expect.stringContaining(`question "${first!.id}" was judged`));
});

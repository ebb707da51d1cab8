import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import { imbalance } from "../../src/contract/account.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { PairRow } from "../../src/preference/rows.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { accountOf, rowsOf } from "../harness/result.ts";
import { saveHistories } from "../harness/histories.ts";
import { outcomeOf } from "../harness/outcome.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { newRoot, PROJECT, startServer } from "../harness/world.ts";
import { parsed } from "../support/recipe.ts";

/** The demo, cut to one iteration of six questions and eight optimizer steps: the same models on the same path. */
function smallDemo(): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/snowball.demo.yaml"), "utf8")) as Record<string, object>;
  return parsed({
    ...shipped,
    data: { ...shipped["data"], held_out: { val: 2, test: 4 }, max_samples: 6 },
    planner: { ...shipped["planner"], num_rollouts: 4 },
    critic: { ...shipped["critic"], backend: "transformers" },
    training: { ...shipped["training"], num_train_epochs: undefined, max_steps: 8, save_steps: 2, warmup_steps: 0 },
    loop: { num_iterations: 1 },
    chunk: { questions: 3, window: 3 },
    retries: { ...shipped["retries"], heartbeat_timeout_s: 5 },
  });
}

/** A new root with the toy world in it, and the shipped models. */
function toyRoot(): string {
  const root = newRoot();
  mkdirSync(join(root, "demo"));
  execFileSync(process.execPath, [
    join(PROJECT, "demo/world/write.ts"),
    "--out",
    join(root, "demo/snowball/data"),
    "--questions",
    "12",
  ]);
  for (const model of ["planner", "critic", "evaluator"]) {
    cpSync(join(PROJECT, "demo/snowball", model), join(root, "demo/snowball", model), { recursive: true });
  }
  return root;
}

/** Process ids of runners whose command line names this module, under the given worker. */
function runners(module: string, worker: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
        return Number(parent) === worker && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(module);
      } catch {
        return false; // It ended while we looked.
      }
    })
    .map(Number);
}

let root: string;
let result: RunResult;
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  root = toyRoot();
  server = await startServer(root);
  const worker = await startWorkerProcess(root, server.server.address);
  await startRun(server.client, smallDemo());
  result = await resultOf(server.client, "demo");
  await worker.kill("SIGTERM");
}, 240_000);
afterAll(async () => {
  await saveHistories(server.client);
  await server.close();
});

test("the toy models go through every step with a balanced ledger", () => {
  expect(accountOf(result, "question").total).toBe(6);
  expect(accountOf(result, "sample")).toMatchObject({ total: 24, quarantined: 0 });
  expect(result.accounts.map(imbalance)).toEqual([0, 0]);
  expect(rowsOf(result)[1]!["accuracy"]).not.toBeNull();
  expect(rowsOf(result)[1]!["useful"]).not.toBeNull();
});

test("the run verifies: bytes, ledger, provenance", async () => {
  const checks = [];
  for await (const check of verifyRun(createLocalStore(join(root, ".snowball/store")), join(root, result.folder)))
    checks.push(check);
  expect(checks.length).toBeGreaterThan(3);
  expect(checks.filter((check) => check.problem !== undefined)).toEqual([]);
});

test("the final model loads with transformers as it is, and answers", () => {
  const script = [
    "import sys, torch",
    "from transformers import AutoModelForImageTextToText, Qwen3VLProcessor",
    "model = AutoModelForImageTextToText.from_pretrained(sys.argv[1], dtype=torch.float32)",
    "processor = Qwen3VLProcessor.from_pretrained(sys.argv[1])",
    "ids = processor.tokenizer('What is behind', return_tensors='pt').input_ids",
    "print(model.generate(ids, max_new_tokens=2, do_sample=False).shape[1] - ids.shape[1])",
  ].join("\n");
  const python = join(PROJECT, ".venv/bin/python");
  const said = execFileSync(python, ["-c", script, join(root, result.folder, "final")], { encoding: "utf8" });
  expect(Number(said.trim())).toBeGreaterThan(0);
});

test("a trainer killed with -9 in the middle goes on from its checkpoint to the same bytes", async () => {
  const again = toyRoot();
  const other = await startServer(again);
  const worker = await startWorkerProcess(again, other.server.address);
  await startRun(other.client, smallDemo());
  const checkpoints = join(again, ".snowball/store/artifacts/checkpoint");
  let killed = 0;
  for (let waited = 0; waited < 120_000 && killed === 0; waited += 50) {
    await sleep(50);
    const saved = countOf(checkpoints);
    if (saved === 0) continue;
    for (const pid of runners("runners.train", worker.child.pid!)) {
      process.kill(pid, "SIGKILL");
      killed += 1;
    }
    if (saved >= 4) break;
  }
  expect(killed).toBe(1);
  const second = await resultOf(other.client, "demo");
  await worker.kill("SIGTERM");
  expect(countOf(checkpoints)).toBe(0); // They went with the training that they were for.
  const outcome = outcomeOf(again, second);
  await other.close();
  expect(outcome).toEqual(outcomeOf(root, result));
}, 240_000);

test("what the run ended with, its base, and its adapter on the base are asked a benchmark", async () => {
  const { data, planner } = smallDemo();
  const { dtype, min_pixels, max_pixels } = planner;
  const toy = readFileSync(join(root, data.path!), "utf8").trimEnd().split("\n");
  const lettered = toy.map((line) => {
    const row = JSON.parse(line) as { question: string; answer: string };
    return JSON.stringify({ ...row, question: `${row.question} A: ${row.answer}, B: nothing`, answer: "A" });
  });
  writeFileSync(join(root, "lettered.jsonl"), lettered.join("\n"));
  cpSync(join(root, result.folder, "iter_0/model_lora"), join(root, "mine"), { recursive: true });
  const recipe = parseRecipeObject({
    pipeline: "evaluate",
    name: "asked",
    policies: [
      { name: "base", model: planner.model },
      { name: "trained", run: "demo" },
      { name: "mine", model: planner.model, adapter: "mine" },
    ],
    benchmarks: [
      { benchmark: "mmsi", data: { path: "lettered.jsonl", image_root: data.image_root }, max_questions: 4 },
    ],
    answering: { backend: "transformers", dtype, min_pixels, max_pixels, max_new_tokens: 8 },
    chunk: { questions: 2 },
  });
  const worker = await startWorkerProcess(root, server.server.address);
  await startRun(server.client, recipe);
  const asked = await resultOf(server.client, "asked");
  await worker.kill("SIGTERM");
  expect(asked.accounts.map(({ total }) => total)).toEqual([4, 4, 4]);
  expect(asked.accounts.map(imbalance)).toEqual([0, 0, 0]);
  const answers = (policy: string): string[] =>
    readFileSync(join(root, asked.folder, "answers", policy, "mmsi.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { text: string }).text);
  // The same weights answer the same, whether they come from a run or from a folder.
  expect(answers("mine")).toEqual(answers("trained"));
  expect(answers("base")).not.toEqual(answers("trained"));
}, 120_000);

test("pairs of a user's own, without questions or provenance, are trained on, merged and checked", async () => {
  const made = JSON.parse(readFileSync(join(root, result.folder, "iter_0/dpo_pairs.json"), "utf8")) as PairRow[];
  const own = made.map(({ id, image, prompt, chosen, rejected }) => ({ id, image, prompt, chosen, rejected }));
  writeFileSync(join(root, "own.json"), JSON.stringify(own));
  const { loop: _, data, ...demo } = smallDemo();
  const recipe = parsed({
    ...demo,
    pipeline: "single-round",
    name: "own-pairs",
    data: { image_root: data.image_root },
    round: { pairs: "own.json" },
  });
  const worker = await startWorkerProcess(root, server.server.address);
  await startRun(server.client, recipe);
  const trained = await resultOf(server.client, "own-pairs");
  await worker.kill("SIGTERM");
  expect(rowsOf(trained).at(-1)).toMatchObject({ pairs: own.length, accuracy: null });
  expect(trained.files).toHaveProperty("Final model");
}, 120_000);

function countOf(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0; // Nothing was committed yet.
  }
}

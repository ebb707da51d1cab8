import { chmodSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { outcomeOf } from "../harness/outcome.ts";
import { accountOf, rowsOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { type Change, simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

/** One iteration of two chunks, nothing held out: small, and every label step runs. */
const SMALL = { data: { max_samples: 4, held_out: { val: 0, test: 0 } }, loop: { num_iterations: 1 } } as const;

async function run(name: string, change: Change<Recipe>) {
  await startRun(stage.client, simulatedRecipe(name, { ...SMALL, ...change }));
  return resultOf(stage.client, name);
}

/** The messages of a failed run, from the outside in. */
async function failure(name: string, change: Change<Recipe>): Promise<string[]> {
  const messages: string[] = [];
  try {
    await run(name, change);
  } catch (error) {
    for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message);
  }
  return messages;
}

test("a question that crashes the planner each time is quarantined with its reason, and its chunk goes on", async () => {
  const poison = "the red one, B: the green one";
  const result = await run("poison", {
    data: { max_samples: 30, held_out: { val: 0, test: 0 } },
    thresholds: { max_quarantined_share: 0.5 },
    simulate: { faults: { poison_questions: [poison] } },
  });
  const { total, quarantined } = accountOf(result, "sample");
  expect(accountOf(result, "question").total).toBe(30);
  expect(total).toBe(30 * 4);
  expect(quarantined).toBeGreaterThan(0);
  expect(quarantined! % 4).toBe(0);
  const labeled = readFileSync(join(stage.root, result.folder, "iter_0/labeled.jsonl"), "utf8")
    .trim()
    .split("\n");
  const reasons = labeled
    .map((line) => JSON.parse(line) as { status: string; reason?: string })
    .filter((row) => row.status === "quarantined");
  expect(reasons).toHaveLength(quarantined!);
  expect(reasons[0]!.reason).toContain("The simulated planner died");
});

test("a critic that says NaN never makes a label", async () => {
  const message = (await failure("garbage", { simulate: { faults: { unreadable_score_share: 1 } } })).join(" ");
  expect(message).toContain("quarantined, more than thresholds.max_quarantined_share");
  expect(message).toContain("log-probability");
});

test("a critic that says the same to everything makes no pairs, and the policy stays", async () => {
  const result = await run("constant", { simulate: { faults: { constant_score: true } } });
  expect(accountOf(result, "question")).toEqual({ total: 4, pairs: 0, unanimous: 4 });
  const rows = rowsOf(result);
  expect(rows.at(-1)!["gate"]).toBe("no pairs, policy unchanged");
  expect(rows.at(-1)!["policy"]).toBe(rows[0]!["policy"]);
  expect(result.files).toEqual({});
  expect(result.warnings.join(" ")).toContain("no pairs");
});

test("an iteration without pairs stops the run where the recipe says so", async () => {
  const change = {
    simulate: { faults: { constant_score: true } },
    loop: { num_iterations: 1, on_no_pairs: "stop" },
  } as const;
  expect((await failure("stops", change)).join(" ")).toContain("has no pairs: every question was dropped");
});

test("failing views are quarantined and never become a rejected answer", async () => {
  const result = await run("black", {
    data: { max_samples: 12, held_out: { val: 0, test: 0 } },
    executor: { max_retries: 0 },
    thresholds: { max_quarantined_share: 1 },
    simulate: { faults: { imagine_failure_share: 0.3 } },
  });
  expect(accountOf(result, "sample")["quarantined"]).toBeGreaterThan(3);
  const folder = join(stage.root, result.folder, "iter_0");
  const rows = readFileSync(join(folder, "labeled.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const status = new Map(rows.map((row) => [`${row.question_id} ${row.rollout}`, row.status]));
  const pairs = JSON.parse(readFileSync(join(folder, "dpo_pairs.json"), "utf8")) as Pair[];
  expect(pairs.length).toBeGreaterThan(0);
  for (const pair of pairs) {
    expect(status.get(`${pair.question_id} ${pair.chosen_rollout}`)).toBe("view");
    expect(status.get(`${pair.question_id} ${pair.rejected_rollout}`)).toBe("view");
  }
});

test("a bad recipe is refused by the first step with the field's name", async () => {
  await stage.client.workflow.start("snowball", {
    taskQueue: "snowball",
    workflowId: "bad",
    args: [{ pipeline: "snowball", name: "bad" }],
  });
  const messages: string[] = [];
  try {
    await resultOf(stage.client, "bad");
  } catch (error) {
    for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message);
  }
  expect(messages.join("\n")).toContain("data is missing");
});

test("a lost artifact is made again by the run itself, with the same result", async () => {
  const first = await run("lost", {});
  const before = outcomeOf(stage.root, first);
  for (const step of ["rollout", "score"]) {
    const folder = join(stage.root, ".snowball/store/artifacts", step);
    const [victim] = readdirSync(folder);
    const file = join(folder, victim!, step === "rollout" ? "rollouts.jsonl" : "labeled.jsonl");
    chmodSync(file, 0o644);
    truncateSync(file, statSync(file).size - 1);
  }
  const again = await startRun(stage.client, simulatedRecipe("lost", SMALL), { anew: true });
  expect(again.how).toBe("started");
  expect(outcomeOf(stage.root, await resultOf(stage.client, "lost"))).toEqual(before);
});

test("one flipped bit in a rollout is found when it is read; the run continues as new and ends the same", async () => {
  const own = { ...SMALL, seed: 11 };
  await startRun(stage.client, simulatedRecipe("flipped", own));
  const before = await resultOf(stage.client, "flipped");
  const artifacts = join(stage.root, ".snowball/store/artifacts");
  for (const step of ["imagine", "score", "gather"]) rmSync(join(artifacts, step), { recursive: true });
  for (const victim of readdirSync(join(artifacts, "rollout"))) {
    const file = join(artifacts, "rollout", victim, "rollouts.jsonl");
    const bytes = readFileSync(file);
    bytes[40]! ^= 1;
    chmodSync(file, 0o644);
    writeFileSync(file, bytes);
  }
  await startRun(stage.client, simulatedRecipe("flipped", own), { anew: true });
  expect(await resultOf(stage.client, "flipped")).toEqual(before);

  const ends: string[] = [];
  for await (const { status } of stage.client.workflow.list({ query: 'WorkflowId = "flipped"' }))
    ends.push(status.name);
  expect(ends).toContain("CONTINUED_AS_NEW");
  expect(readdirSync(join(stage.root, ".snowball/store/corrupt")).length).toBeGreaterThan(0);
});

test("the staged schedule gives the same pairs as the stream", async () => {
  const change = { data: { max_samples: 12, held_out: { val: 0, test: 0 } } } as const;
  const stream = await run("streamed", change);
  rmSync(join(stage.root, ".snowball/store"), { recursive: true });
  const staged = await run("staged", { ...change, loop: { num_iterations: 1, schedule: "staged" } });
  expect(staged.policy).toEqual(stream.policy);
  expect(staged.accounts).toEqual(stream.accounts);
});

interface Row {
  readonly question_id: string;
  readonly rollout: number;
  readonly status: string;
}
interface Pair {
  readonly question_id: string;
  readonly chosen_rollout: number;
  readonly rejected_rollout: number;
}

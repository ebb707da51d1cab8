import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { afterEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import { API_QUEUE } from "../../src/contract/queues.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Recipe } from "../../src/pipeline/index.ts";
import { simulatedAnswer } from "../../src/pipeline/harp/scenes.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { roomOf } from "../../src/pipeline/rooms.ts";
import { verifyRun } from "../../src/run/verify.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { chatHost, type Reply, said, type SeenRequest } from "../support/chat-host.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const stage = stageForFile();

function recipeOf(name: string, change: object = {}): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/harp.simulated.yaml"), "utf8")) as object;
  return parseRecipeObject({ ...shipped, name, retries: { heartbeat_timeout_s: 2, max_attempts: 2 }, ...change });
}

async function run(recipe: Recipe): Promise<RunResult> {
  await startRun(stage.client, recipe);
  return resultOf(stage.client, recipe.name);
}

function shown(result: RunResult, file: string): string {
  return readFileSync(join(stage.root, result.folder, file), "utf8");
}

function lines<T>(result: RunResult, file: string): T[] {
  return shown(result, file)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

test("scenes become plans, plans a policy, its wrong plans negatives, and both policies are measured by six metrics", async () => {
  const recipe = recipeOf("walk");
  const result = await run(recipe);
  const [metrics, faults, measured, trained] = result.tables;
  expect(measured!.rows.map((row) => row["policy"])).toEqual(["sft", "grpo"]);
  expect(metrics!.columns.map(({ title }) => title)).toEqual([
    "policy",
    "format",
    "actions",
    "transitions",
    "tasks done",
    "steps",
    "H-PRM",
  ]);
  expect(metrics!.rows[1]).toMatchObject({ policy: "grpo", h_prm: "-1.000 ± 0.000" });
  expect(faults!.rows[0]).toMatchObject({ policy: "sft", format: "1.000 ± 0.000", inefficient: "0.000 ± 0.000" });
  expect(trained!.rows.map((row) => [row["stage"], row["rows"]])).toEqual([
    ["sft", 48],
    ["grpo", 48],
  ]);
  expect(result.accounts[0]).toEqual({
    of: "plan",
    total: 60,
    parts: { "to train on": 48, "for validation": 6, "for the test": 6, quarantined: 0 },
  });
  for (const { total, parts } of result.accounts) {
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBe(total);
  }
  expect(lines(result, "tasks.jsonl")).toHaveLength(60);
  expect(lines<{ actions: string[] }>(result, "actions.jsonl")[0]!.actions).toHaveLength(4);
  expect(shown(result, "processed/processed_images.txt").split("\n")).toHaveLength(21);
  const split = JSON.parse(shown(result, "split.json")) as Record<"train" | "val" | "test", string[]>;
  expect(Object.values(split).map((part) => part.length)).toEqual([16, 2, 2]);
  expect(new Set(Object.values(split).flat()).size).toBe(20);

  const negatives = lines<{ error_type: string; made: boolean }>(result, "negatives/negatives.jsonl");
  expect(
    Object.fromEntries(
      Object.entries(Object.groupBy(negatives, (each) => each.error_type)).map(([type, own]) => [type, own!.length]),
    ),
  ).toEqual({ format: 12, action: 12, state_transition: 12, inefficient: 12 });
  // What a simulated policy says is a letter: only plans that cannot be read are sampled.
  expect(negatives.every(({ error_type, made }) => made === (error_type !== "format"))).toBe(true);

  const evaluation = JSON.parse(shown(result, "results/evaluation.json")) as Record<string, Record<string, unknown>>;
  expect(Object.keys(evaluation)).toEqual(["sft", "grpo"]);
  expect(Object.keys(evaluation["grpo"]!)).toEqual([
    "format_accuracy",
    "action_accuracy",
    "transition_accuracy",
    "task_completion",
    "steps",
    "h_prm",
  ]);
  expect(evaluation["grpo"]!["h_prm"]).toEqual({ mean: -1, standard_error: 0 });
  expect(existsSync(join(stage.root, result.folder, "final"))).toBe(true);

  const problems = [];
  const store = createLocalStore(join(stage.root, ".snowball/store"));
  for await (const each of verifyRun(store, join(stage.root, result.folder))) if (each.problem) problems.push(each);
  expect(problems).toEqual([]);
  const plan = await (await roomOf(recipe)).plan(stage.root, recipe);
  expect(plan.lines(null).join("\n")).toContain("20 scenes, at most 40 requests");
});

function truths(result: RunResult): unknown[] {
  return lines<{ truth: string }>(result, "answers/sft/plan.jsonl").map(({ truth }) => JSON.parse(truth));
}

test("more actions are in what plans are judged by, though the plans are the same", async () => {
  const before = await run(recipeOf("few"));
  const after = await run(recipeOf("more", { actions: { Open: { AT: { to: "AT", reward: 1 } } } }));
  expect(shown(after, "actions.jsonl")).toBe(shown(before, "actions.jsonl"));
  expect(truths(before)).not.toContainEqual(expect.objectContaining({ actions: expect.anything() }));
  for (const truth of truths(after)) expect(truth).toMatchObject({ actions: { Open: {} } });
});

const SECRET = "sk-never-to-be-seen";
afterEach(() => vi.unstubAllEnvs());

/** What a service would say that sees what a simulated one sees. */
function right({ prompt, image }: SeenRequest): Reply {
  const bytes = createHash("sha256").update(Buffer.from(image, "base64")).digest("hex");
  return { status: 200, body: said(simulatedAnswer(prompt, bytes), 0.01) };
}

test("a service that is busy, broken, half and silent is asked again; what it sells twice is bought once; its key is nowhere", async () => {
  vi.stubEnv("HARP_TEST_KEY", SECRET);
  const trouble: Record<number, Reply> = {
    2: { status: 429, body: "busy", headers: { "retry-after": "1" } },
    3: { status: 500, body: `broken: ${SECRET}` },
    5: "half",
    7: "nothing",
    9: { status: 200, body: said("I see a kitchen.", 0.01) },
  };
  const host = await chatHost((request, number) => trouble[number] ?? right(request));
  const service = { backend: "service", address: host.address, model: "any", key: "HARP_TEST_KEY", timeout_s: 1 };
  const scenes = { path: "configs/samples/images", suffix: ".png", max_images: 6 };
  try {
    const poor = recipeOf("bought", { scenes, plans: { ...service, max_spent: 0.03, window: 1 } });
    const stopped = await run(poor).catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(WorkflowFailedError);
    expect(JSON.stringify(stopped, Object.getOwnPropertyNames(Error.prototype).concat("cause", "message"))).toContain(
      "plans.max_spent is 0.03",
    );
    const before = host.seen.length;
    const result = await run(recipeOf("bought", { scenes, plans: { ...service, window: 1 } }));
    // Three answers were bought before; 12 are needed, of which one scene's second is not asked for.
    expect(host.seen.filter(({ authorization }) => authorization === `Bearer ${SECRET}`)).toHaveLength(
      host.seen.length,
    );
    expect(host.seen.length - before).toBeLessThanOrEqual(11);
    expect(lines<{ reason: string }>(result, "quarantined.jsonl").map(({ reason }) => reason)).toEqual([
      "the answer has no things and tasks as JSON",
    ]);
    expect(lines(result, "tasks.jsonl")).toHaveLength(15);
    const bought = host.seen.length;
    await run(recipeOf("again", { scenes, plans: { ...service, window: 1 } }));
    expect(host.seen).toHaveLength(bought);
    // Nothing of it counts in the rate of requests.
    const { events } = await stage.client.workflow.getHandle("again/plans").fetchHistory();
    const queues = events!.flatMap((event) => event.activityTaskScheduledEventAttributes?.taskQueue?.name ?? []);
    expect(queues).toHaveLength(2 * 6 + 2);
    expect(queues).not.toContain(API_QUEUE);
    for (const name of readdirSync(stage.root, { recursive: true, encoding: "utf8" })) {
      if (!/\.(jsonl?|txt|ya?ml|log)$/.test(name)) continue;
      expect(readFileSync(join(stage.root, name), "utf8")).not.toContain(SECRET);
    }
    for (const id of ["bought", "bought/plans"]) {
      const history = await stage.client.workflow.getHandle(id).fetchHistory();
      expect(Buffer.from(JSON.stringify(history)).includes(SECRET)).toBe(false);
    }
  } finally {
    host.close();
  }
});

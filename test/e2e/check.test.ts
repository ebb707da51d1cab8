import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Finding } from "../../src/contract/check.ts";
import { snowball } from "../harness/command.ts";
import { newRoot } from "../harness/world.ts";

let root: string;

beforeAll(() => {
  root = newRoot();
});
afterAll(() => rmSync(root, { recursive: true }));

test("every training of a recipe is checked: lines for people, JSON for programs, and a status", async () => {
  const { stdout, exitCode, all } = await snowball(
    root,
    "check",
    join(root, "configs/spatial.simulated.yaml"),
    "--json",
  );
  expect(exitCode, all).toBe(0);
  const { recipe, checks } = JSON.parse(stdout) as { recipe: string; checks: Finding[] };
  expect(recipe).toBe("spatial-simulated");
  expect(checks.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual(
    ["sft", "dpo", "grpo"].flatMap(() => ["data passed", "model not possible"]),
  );
  expect(existsSync(join(root, "results"))).toBe(false);
});

test("what cannot be checked is said in a sentence, before anything is started", async () => {
  const { all, exitCode } = await snowball(root, "check", join(root, "configs/evaluate.simulated.yaml"));
  expect([all, exitCode]).toEqual(["A run of evaluate trains nothing: there is nothing to check.", 2]);
  const unknown = await snowball(root, "check", join(root, "configs/spatial.simulated.yaml"), "--mlx", "--model", "9b");
  expect(unknown.all).toBe(
    '--model is "9b", neither 3b-4bit, 3b-8bit, 7b-4bit, 7b-8bit, 32b-4bit nor the folder of a checkpoint.',
  );
  expect(unknown.exitCode).toBe(2);
});

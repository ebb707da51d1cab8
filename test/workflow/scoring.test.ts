import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LabeledRow } from "../../src/preference/rows.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { accountOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { type Change, simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

const PROMPTS = {
  rate: "configs/prompts/critic.rate.txt",
  rate_again: "configs/prompts/critic.rate_again.txt",
  similarity: "configs/prompts/critic.similarity.txt",
  similarity_again: "configs/prompts/critic.similarity_again.txt",
};

/** One iteration of four questions, all labelled rows of it. */
async function labelled(name: string, change: Change<Recipe>): Promise<LabeledRow[]> {
  const small = {
    data: { max_samples: 4, held_out: { val: 0, test: 0 } },
    loop: { num_iterations: 1 },
    prompt: PROMPTS,
    thresholds: { max_quarantined_share: 1 },
  } as const;
  await startRun(stage.client, simulatedRecipe(name, { ...small, ...change }));
  const result = await resultOf(stage.client, name);
  const text = readFileSync(join(stage.root, result.folder, "iter_0/labeled.jsonl"), "utf8");
  const rows = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LabeledRow);
  expect(rows).toHaveLength(accountOf(result, "sample").total);
  return rows;
}

test("explicit: an unreadable rating is asked for again, then quarantined with both replies, never a default", async () => {
  const rows = await labelled("explicit", {
    scoring: { method: "explicit" },
    simulate: { faults: { unreadable_score_share: 0.5 } },
  });
  const seen = rows.filter((row) => row.status === "view");
  const lost = rows.filter((row) => row.status === "quarantined");
  expect(seen.length + lost.length).toBe(rows.length);
  expect(lost.length).toBeGreaterThan(0);
  for (const { score, reason } of lost) {
    expect(score).toBeNull();
    expect(reason).toContain('cannot be read: it said "It depends.", and asked in other words "It depends."');
  }
  expect(seen.some(({ components }) => components["reasked"] === 1)).toBe(true);
  expect(seen.some(({ components }) => components["reasked"] === undefined)).toBe(true);
  for (const { score, components } of seen) expect(score).toBeCloseTo((components["rating"]! - 5.5) / 4.5, 9);
});

test("both and gt_similarity go through a run, and their scores follow from their components", async () => {
  const weights = { confidence: 1, explicit: 3 };
  const both = await labelled("both", { scoring: { method: "both", weights, view_cost: 0.01 } });
  for (const { score, components } of both) {
    const { confidence_with = 0, confidence_without = 0, rating = 0, view_cost = 0 } = components;
    expect(view_cost).toBeGreaterThan(0);
    const mean = (confidence_with - confidence_without + (3 * (rating - 5.5)) / 4.5) / 4;
    expect(score).toBeCloseTo(Math.max(-1, mean - view_cost), 9);
  }
  const similar = await labelled("similar", { scoring: { method: "gt_similarity" } });
  for (const { score, components } of similar) {
    expect(score).toBeCloseTo((components["similarity_with"]! - components["similarity_without"]!) / 4, 9);
  }
  expect(new Set(similar.map(({ score }) => score)).size).toBeGreaterThan(2);
});

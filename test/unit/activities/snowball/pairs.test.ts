import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ActivityDeps } from "../../../../activities/deps.ts";
import { selectPairs } from "../../../../activities/snowball/pairs.ts";
import type { StepContext } from "../../../../activities/step.ts";
import { createLocalStore } from "../../../../src/artifact/local-store.ts";
import type { LabeledRow } from "../../../../src/preference/rows.ts";
import { policyDigest } from "../../../../src/run/policy.ts";
import { made, recipeOf } from "../../../support/artifacts.ts";
import { shipped } from "../../../support/recipe.ts";
import { aSample } from "../../../support/rows.ts";
import { anImported } from "../../../support/sample.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const POLICY = { base: { folder: "models/toy", digest: "b".repeat(64) }, dtype: "float32" };

const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** The pairs of two questions with two samples each, as the store has them. */
async function pairsOf(change: (row: LabeledRow) => Partial<LabeledRow>) {
  const store = createLocalStore(temporaryFolder());
  const scoring = { max_failure_pair_share: 1 };
  const recipe = shipped("snowball.demo.yaml", { planner: { num_rollouts: 2 }, scoring });
  const texts = { system: "Plan.", template: "{question}", answer: "{question}" };
  const models = { planner: POLICY.base.digest, critic: "", evaluator: "" };
  const rows = ["p", "q"].flatMap((id) => [aSample(id, 0, 0.5), aSample(id, 1, -1, "policy_failure")]);
  const labeled = rows.map((row) => ({ ...row, policy: policyDigest(POLICY), ...change(row) }));
  const run = {
    name: "demo",
    recipe: await made(store, recipeOf("recipe"), { "recipe.json": JSON.stringify({ recipe, texts, models }) }),
    dataset: await made(store, recipeOf("dataset"), {
      "questions.jsonl": lines([anImported("p"), anImported("q")]),
      "shards.json": JSON.stringify({ shards: [["p", "q"]], held_out: { val: [], test: [] } }),
    }),
  };
  const judged = await made(store, recipeOf("gather"), { "rows.jsonl": lines(labeled) });
  const { pairs, summary } = await selectPairs({ store } as ActivityDeps, {} as StepContext, run, 0, judged, POLICY);
  const folder = await store.open(pairs);
  const file = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  return { pairs: file("dpo_pairs.json") as object[], ledger: file("ledger.json") as object, summary };
}

test("plans that were read leniently are counted and warned of; where there are none, nothing is said", async () => {
  const strict = await pairsOf(() => ({}));
  expect(strict.summary.warnings).toEqual([]);
  expect(strict.ledger).not.toHaveProperty("read_leniently");

  const lenient = await pairsOf(({ question_id: id, rollout }) =>
    id === "q" && rollout === 0 ? { lenient: true } : {},
  );
  expect(lenient.ledger).toMatchObject({ read_leniently: 1 });
  expect(lenient.summary.warnings).toEqual([
    "iter_0: 1 of 4 completions have thoughts, a code fence or a remark around their plan, which prompt.format lenient leaves out; training takes them as they are.",
  ]);
});

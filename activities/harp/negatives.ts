import { join } from "node:path";
import { readAllJsonLines, writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { linkFile } from "../../src/artifact/link-folder.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { AnsweredRow } from "../../src/benchmark/rows.ts";
import type { Account } from "../../src/contract/account.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import type { Negatives, NegativesInput } from "../../src/pipeline/harp/contract/plan.ts";
import { type NegativesOf, typedNegatives } from "../../src/pipeline/harp/negatives.ts";
import type { Recipe } from "../../src/pipeline/harp/recipe.ts";
import { FAULTS } from "../../src/reward/plan/judge.ts";
import { readRecipe } from "../../src/run/recipe-file.ts";
import { IMAGES_FILE, imageDigests } from "../../src/training/algorithm.ts";
import { algorithmOf } from "../../src/training/index.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { rewarded } from "./rows.ts";

/** Raise when the meaning of a negative, or of a row with it, changes. */
const RESULT_VERSION = 2;

/** Sorts the policy's plans by what is wrong with them first, as negatives.jsonl, and makes the rows of GRPO. */
export async function typeNegatives(
  deps: ActivityDeps,
  _context: StepContext,
  { run, folder, train, answers, by }: NegativesInput,
): Promise<Negatives> {
  const { recipe } = await readRecipe<Recipe>(deps.store, run);
  const { per_task, shares } = recipe.negatives;
  const items = await readAllJsonLines<ImportedQuestion>(join(await deps.store.open(train.items), "items.jsonl"));
  const sampled = await readAllJsonLines<AnsweredRow>(join(await deps.store.open(answers), "rows.jsonl"));
  const how = { total: Math.round(per_task * items.length), shares, seed: recipe.seed };
  const found = typedNegatives(
    items.map(({ id, images, question: task, answer }) => ({ id, image: images[0]!, task, truth: answer! })),
    sampled.map((row) => ({ id: row.id, text: "text" in row ? row.text : null })),
    how,
  );
  const account: Account = { of: "plan of sft", total: sampled.length, parts: found.parts };
  const inputs = [train.items.sha256, answers.sha256];
  const recipeOf = { step: "negatives", version: RESULT_VERSION, params: { ...how, by }, inputs };
  const { ref: rows } = await makeArtifact(deps.store, recipeOf, async (to) => {
    const byTask = Object.groupBy(found.negatives, ({ id }) => id);
    const grpo = items.map((each) =>
      rewarded(
        { ...each, answer: each.answer! },
        (byTask[each.id] ?? []).map(({ plan }) => plan),
      ),
    );
    const digests = new Map(items.map((each) => [each.images[0]!, each.image_digests[0]!]));
    await writeJsonLines(join(to, "negatives.jsonl"), found.negatives);
    await writeJson(join(to, "negatives.json"), countsOf(found));
    await writeJson(join(to, algorithmOf("grpo").files.rows), grpo);
    await writeJson(
      join(to, IMAGES_FILE),
      imageDigests(grpo, (name) => digests.get(name)),
    );
    await writeJson(join(to, "account.json"), account);
    return { rows: grpo.length };
  });
  const from = await deps.store.open(rows);
  for (const name of ["negatives.jsonl", "negatives.json"]) {
    await linkFile(join(from, name), join(deps.root, folder, "negatives", name));
  }
  return { rows, accounts: [account] };
}

/** Negatives by type: sampled ones, and those made by rule. */
function countsOf({ negatives, parts }: NegativesOf): object {
  const of = (made: boolean) =>
    FAULTS.map((fault) => [fault, negatives.filter((each) => each.error_type === fault && each.made === made).length]);
  return { samples: parts, sampled: Object.fromEntries(of(false)), made: Object.fromEntries(of(true)) };
}

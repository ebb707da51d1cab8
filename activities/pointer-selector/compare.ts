import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines, writeJsonLines } from "../../src/artifact/files.ts";
import { linkFile, linkFolder } from "../../src/artifact/link-folder.ts";
import type { ModelFolder } from "../../src/contract/artifact.ts";
import { type Serving, writeServed } from "../../src/model/selector/served.ts";
import { StepFailure } from "../../src/failure.ts";
import {
  answerAccount,
  comparison,
  judgeAnswer,
  type Pass,
  type ShownAnswer,
} from "../../src/pipeline/pointer-selector/answers.ts";
import type { Answered, Compared, CompareInput, ShowInput } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import type { Sets } from "../../src/pipeline/pointer-selector/examples.ts";
import { readEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import type { Recipe } from "../../src/pipeline/pointer-selector/recipe.ts";
import { LOG } from "../../src/run/logs.ts";
import { seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { showFolder } from "../run-folder.ts";
import { showTraining } from "../show-training.ts";
import type { StepContext } from "../step.ts";
import { openGround } from "./ground.ts";

/** Judges all answers so far and puts methods × shots beside each other. */
export async function compareMethods(
  deps: ActivityDeps,
  _context: StepContext,
  input: CompareInput,
): Promise<Compared> {
  const { recipe, sets } = await openGround(deps, input);
  const passes = await passesOf(deps, sets, input.answered);
  for (const { method, shots, rows } of passes) {
    const lost = rows.filter(({ text }) => text === null).length / rows.length;
    if (lost <= recipe.max_quarantined_share) continue;
    throw new StepFailure(
      "ThresholdExceeded",
      `${(100 * lost).toFixed(0)} % of the answers of ${method} with ${shots} shots were lost to the machine; at most max_quarantined_share (${recipe.max_quarantined_share}) is allowed.`,
    );
  }
  const options = { seed: seedFor("compare", recipe.seed), resamples: recipe.bootstrap_resamples };
  return { table: comparison(passes, options), accounts: passes.map(answerAccount) };
}

async function passesOf({ store }: ActivityDeps, { test }: Sets, answered: readonly Answered[]): Promise<Pass[]> {
  const byId = new Map(test.map((each) => [each.id, each]));
  const passes: Pass[] = [];
  for (const { method, shots, answers } of answered) {
    const rows = await readAllJsonLines<ShownAnswer>(join(await store.open(answers), "rows.jsonl"));
    passes.push({ method, shots, rows: rows.map((row) => judgeAnswer(row, byId.get(row.id)!)) });
  }
  return passes;
}

/** Shows beams, answers and the last selector in the run folder. */
export async function showSelector(deps: ActivityDeps, _context: StepContext, input: ShowInput): Promise<void> {
  const { store, root } = deps;
  const { recipe, sets } = await openGround(deps, input);
  const passes = await passesOf(deps, sets, input.answered);
  await showFolder(join(root, input.folder, "answers"), async (folder) => {
    for (const { method, shots, rows } of passes) await writeJsonLines(join(folder, `${method}-${shots}.jsonl`), rows);
  });
  const beams = await store.open(input.beams);
  await showFolder(join(root, input.folder, "beams"), async (folder) => {
    for (const name of ["beams.json", "rl_beams.json", "account.json"])
      await linkFile(join(beams, name), join(folder, name));
  });
  for (const { stage, selector } of input.selectors) {
    const made = await store.open(selector);
    await showFolder(join(root, input.folder, stage), async (folder) => {
      await showTraining(made, folder);
      await linkFile(join(made, "training.json"), join(folder, "training.json"));
    });
  }
  const last = input.selectors.at(-1);
  if (last === undefined) return;
  const selector = await store.open(last.selector);
  const { pool } = await readEmbeddings(store, input.embeddings);
  await showFolder(join(root, input.folder, "selector"), async (folder) => {
    await linkFolder(selector, folder);
    // It is shown under the stage that made it.
    await rm(join(folder, LOG), { force: true });
    await writeServed(folder, servingOf(recipe, input.encoder, pool[0]!.text.length), sets.pool, pool);
  });
}

/** What else a selector needs to be served. */
function servingOf({ embedding, beams, seed }: Recipe, { folder, digest }: ModelFolder, dim: number): Serving {
  const { micro_batch: _, ...encoder } = embedding;
  const { sampler, candidates, shots } = beams;
  return { encoder: { ...encoder, model: folder, digest }, sampler, candidates, shots, seed, dim };
}

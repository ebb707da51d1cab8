import { join } from "node:path";
import { readJsonLines } from "../../src/artifact/files.ts";
import type { ScoreInput } from "../../src/pipeline/snowball/contract/steps.ts";
import { KNOWS_SCENE } from "../../src/model/image/backend.ts";
import type { RolloutRow, ViewRow } from "../../src/preference/rows.ts";
import { parsePlan, type Plan } from "../../src/prompt/parse-plan.ts";
import type { ActivityDeps } from "../deps.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import type { ChunkQuestions, RunFiles } from "../../src/pipeline/snowball/files.ts";
import { planFormat } from "../../src/pipeline/snowball/recipe/prompt.ts";

/** A rollout with its plan and its views, as critic and evaluator see it. */
export interface Sample {
  readonly row: RolloutRow;
  readonly question: ImportedQuestion;
  readonly plan: Plan;
  /** Absolute paths of the given images. */
  readonly given: readonly string[];
  /** The views' names in their artifact, and their absolute paths. */
  readonly views: readonly string[];
  readonly viewPaths: readonly string[];
  /** Does any of the views show what is asked? null when the executor cannot know. */
  readonly useful: boolean | null;
  /** The first view that could not be made, and whether the executor itself refused. */
  readonly fault?: { readonly reason: string; readonly refused: boolean };
}

/** Joins the rollouts of a chunk with their views, in the order of the rollouts. */
export async function samplesOf(
  deps: ActivityDeps,
  files: RunFiles,
  chunk: ChunkQuestions,
  input: Pick<ScoreInput, "rollouts" | "views">,
): Promise<Sample[]> {
  const [rollouts, views] = await Promise.all([deps.store.open(input.rollouts), deps.store.open(input.views)]);
  const questions = new Map(chunk.asked.map((each) => [each.id, each]));
  const byRollout = new Map<string, ViewRow[]>();
  for await (const view of readJsonLines<ViewRow>(join(views, "views.jsonl"))) {
    const key = `${view.rollout} ${view.question_id}`;
    byRollout.set(key, [...(byRollout.get(key) ?? []), view]);
  }
  const samples: Sample[] = [];
  for await (const row of readJsonLines<RolloutRow>(join(rollouts, "rollouts.jsonl"))) {
    const question = questions.get(row.question_id);
    if (!question) continue;
    const made = byRollout.get(`${row.rollout} ${row.question_id}`) ?? [];
    const bad = made.find((view) => view.status !== "ok");
    const known = KNOWS_SCENE.includes(files.recipe.executor.backend);
    samples.push({
      row,
      question,
      plan: parsePlan(row.text, row.finish, files.recipe.planner.max_instructions, planFormat(files.recipe)),
      given: question.images.map((name) => join(deps.root, files.recipe.data.image_root, name)),
      views: made.map((view) => view.file),
      viewPaths: made.map((view) => join(views, view.file)),
      useful: known ? made.some((view) => view.useful === true) : null,
      ...(bad && {
        fault: { reason: `view ${bad.index}: ${bad.reason ?? bad.status}`, refused: bad.status === "refused" },
      }),
    });
  }
  return samples;
}

import { join } from "node:path";
import { census, type Piece } from "../../../artifact/descent.ts";
import { readAllJsonLines, readJson } from "../../../artifact/files.ts";
import type { Layout } from "../../../artifact/layout.ts";
import type { ChunkResult } from "../../../contract/chunk.ts";
import type { ImportedQuestion } from "../../../dataset/question.ts";
import type { AnswerRow, RolloutRow } from "../../../preference/rows.ts";
import { readIfThere, type RunTrace } from "../../../run/trace.ts";
import type { Floors } from "../contract/rows.ts";
import type { Shards } from "../files.ts";
import type { EvaluationDetail } from "../evaluation/summary.ts";

/** How a policy did on the held-out questions, with what it wrote and the folders that hold its views. */
export interface Evaluation {
  readonly policy: string;
  readonly test: EvaluationDetail;
  readonly rows: readonly AnswerRow[];
  /** What the policy wrote, by question. */
  readonly texts: ReadonlyMap<string, string>;
  /** Folders with generated_images, by question. */
  readonly views: ReadonlyMap<string, string>;
}

/** What the store still has of a run's data and measurements. */
export interface Source {
  readonly questions: ReadonlyMap<string, ImportedQuestion>;
  readonly heldOut: Shards["held_out"];
  readonly evaluations: readonly Evaluation[];
  readonly floors: Floors | null;
}

const NOBODY: Shards["held_out"] = { val: [], test: [] };

export async function readSource(layout: Layout, { folder }: RunTrace): Promise<Source> {
  const shards = await readIfThere<Shards>(join(folder, "shards.json"));
  const heldOut = shards?.held_out ?? NOBODY;
  const pieces = await census(layout, ["dataset", "evaluate", "gather"]);
  const own = pieces.filter((piece) => isOn(piece, heldOut));
  const reference = own.find(({ params }) => (params as { reference: boolean }).reference);
  const evaluations: Evaluation[] = [];
  for (const piece of own) {
    if (piece !== reference) evaluations.push(...(await readEvaluation(layout, pieces, piece)));
  }
  return {
    questions: await readQuestions(layout, pieces, shards),
    heldOut,
    evaluations,
    floors:
      reference === undefined
        ? null
        : (await readJson<{ floors: Floors }>(join(layout.artifact(reference.key), "evaluation.json"))).floors,
  };
}

function isOn({ step, params }: Piece, { val, test }: Shards["held_out"]): boolean {
  if (step !== "evaluate" || val.length + test.length === 0) return false;
  const on = params as { val: unknown; test: unknown };
  return JSON.stringify([on.val, on.test]) === JSON.stringify([val, test]);
}

async function readQuestions(layout: Layout, pieces: readonly Piece[], shards: Shards | null) {
  const wanted = JSON.stringify(shards);
  for (const { step, key } of pieces) {
    if (step !== "dataset") continue;
    const folder = layout.artifact(key);
    if (JSON.stringify(await readIfThere(join(folder, "shards.json"))) !== wanted) continue;
    const rows = await readAllJsonLines<ImportedQuestion>(join(folder, "questions.jsonl"));
    return new Map(rows.map((row) => [row.id, row]));
  }
  return new Map<string, ImportedQuestion>();
}

async function readEvaluation(layout: Layout, pieces: readonly Piece[], piece: Piece): Promise<Evaluation[]> {
  const folder = layout.artifact(piece.key);
  const { test } = await readJson<{ test: EvaluationDetail }>(join(folder, "evaluation.json"));
  const rows = await readAllJsonLines<AnswerRow>(join(folder, "evaluation.jsonl"));
  const policy = rows.find((row) => row.policy !== "")?.policy;
  if (policy === undefined) return [];
  const texts = new Map<string, string>();
  const views = new Map<string, string>();
  const gathered = pieces.find(({ step, sha256 }) => step === "gather" && piece.inputs.includes(sha256));
  const chunks =
    gathered === undefined ? [] : await readJson<ChunkResult[]>(join(layout.artifact(gathered.key), "chunks.json"));
  for (const { made } of chunks) {
    const { rollout, imagine } = made;
    if (rollout === undefined || imagine === undefined) continue;
    for (const row of await readIfWhole(join(layout.artifact(rollout.key), "rollouts.jsonl"))) {
      texts.set(row.question_id, row.text);
      views.set(row.question_id, layout.artifact(imagine.key));
    }
  }
  return [{ policy, test, rows, texts, views }];
}

/** Rollouts that may have gone with `prune`. */
async function readIfWhole(file: string): Promise<RolloutRow[]> {
  try {
    return await readAllJsonLines<RolloutRow>(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

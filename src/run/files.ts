import { join } from "node:path";
import { isMissing } from "../artifact/durable.ts";
import { readJson, readJsonLines } from "../artifact/files.ts";
import { canonicalDigest } from "../artifact/key.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import type { ChunkRef, RunRef } from "../contract/run.ts";
import type { Question } from "../dataset/question.ts";
import { StepFailure } from "../failure.ts";
import { recipeAt } from "../recipe/at-iteration.ts";
import type { CriticTexts, PlannerTexts } from "../prompt/messages.ts";
import type { Recipe } from "../recipe/pipelines/index.ts";

/** recipe.json of a run: the parsed recipe, the texts of its prompt files and the digests of its models. */
export interface RecipeFile {
  readonly recipe: Recipe;
  readonly texts: PlannerTexts & CriticTexts;
  readonly models: {
    readonly planner: string;
    readonly critic: string;
    readonly evaluator: string;
    /** Only of an executor that has a model. */
    readonly executor?: string;
  };
  /** What the files that `training.deepspeed` names hold, by their names; only where a recipe names any. */
  readonly deepspeed?: Readonly<Record<string, unknown>>;
}

/** A question as it was imported: with the sha256 of its images' bytes. */
export interface ImportedQuestion extends Question {
  readonly image_digests: readonly string[];
}

export interface Shards {
  readonly shards: readonly (readonly string[])[];
  readonly held_out: { readonly val: readonly string[]; readonly test: readonly string[] };
}

/** In the data set's artifact: sha256 of what else was given under data.image_root, by name. Absent where there is none. */
export const OTHER_FILES = "other_files.json";

export interface RunFiles extends RecipeFile {
  readonly questions: ReadonlyMap<string, ImportedQuestion>;
  readonly shards: Shards;
  /** sha256 of every file under data.image_root that was looked at when the run was opened, by its name. */
  readonly given: ReadonlyMap<string, string>;
}

/** Runs whose files stay in memory: steps of one run follow each other for days. */
const KEPT = 4;
const cache = new Map<string, Promise<RunFiles>>();

/** Reads the recipe and the questions of a run from their artifacts, once per process. */
export function readRun(store: ArtifactStore, run: RunRef): Promise<RunFiles> {
  const key = `${run.recipe.sha256} ${run.dataset.sha256}`;
  let files = cache.get(key);
  if (!files) {
    files = load(store, run);
    cache.set(key, files);
    files.catch(() => cache.delete(key));
    for (const old of [...cache.keys()].slice(0, -KEPT)) cache.delete(old);
  }
  return files;
}

/** The same, with the recipe as this iteration works by it: `changes` may replace blocks in the middle of a run. */
export async function readRunAt(store: ArtifactStore, run: RunRef, iteration: number): Promise<RunFiles> {
  const files = await readRun(store, run);
  return { ...files, recipe: recipeAt(files.recipe, iteration) };
}

async function load(store: ArtifactStore, run: RunRef): Promise<RunFiles> {
  const [recipeFolder, dataset] = await Promise.all([store.open(run.recipe), store.open(run.dataset)]);
  const file = await readJson<RecipeFile>(join(recipeFolder, "recipe.json"));
  const others = await readJson<Record<string, string>>(join(dataset, OTHER_FILES)).catch(none);
  const given = new Map(Object.entries(others));
  const questions = new Map<string, ImportedQuestion>();
  for await (const question of readJsonLines<ImportedQuestion>(join(dataset, "questions.jsonl"))) {
    questions.set(question.id, question);
    for (const [place, name] of question.images.entries()) given.set(name, question.image_digests[place]!);
  }
  return { ...file, questions, given, shards: await readJson<Shards>(join(dataset, "shards.json")) };
}

function none(error: unknown): Record<string, string> {
  if (isMissing(error)) return {};
  throw error;
}

/** The questions of a chunk that a model sees, and those that are quarantined before it does. */
export interface ChunkQuestions {
  readonly asked: readonly ImportedQuestion[];
  readonly poisoned: readonly { readonly question: ImportedQuestion; readonly reason: string }[];
  /** Digest of what the asked questions are, images included: an input of every chunk step. */
  readonly digest: string;
}

export function chunkQuestions(files: RunFiles, chunk: ChunkRef): ChunkQuestions {
  const { shards, held_out } = files.shards;
  const ids = chunk.set === "shard" ? shards[chunk.shard] : heldOutIds(held_out);
  const first = chunk.index * files.recipe.chunk.questions;
  const all = (ids ?? []).slice(first, first + files.recipe.chunk.questions).map((id) => question(files, id));
  const reasons = new Map(chunk.poisoned?.map((each) => [each.place, each.reason]));
  const asked = all.filter((_, place) => !reasons.has(place) && (chunk.only === undefined || chunk.only === place));
  const poisoned = all.flatMap((each, place) => {
    const reason = reasons.get(place);
    return reason === undefined ? [] : [{ question: each, reason }];
  });
  return { asked, poisoned, digest: canonicalDigest({ asked, poisoned: poisoned.map((each) => each.question.id) }) };
}

/** Test first, so that the reference arms, which only the report shows, can stop after it. */
export function heldOutIds({ val, test }: Shards["held_out"]): string[] {
  return [...test, ...val];
}

export function question(files: RunFiles, id: string): ImportedQuestion {
  const found = files.questions.get(id);
  if (!found) throw new StepFailure("Provenance", `Question "${id}" is not in the run's data set.`);
  return found;
}

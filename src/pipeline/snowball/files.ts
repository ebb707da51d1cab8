import { join } from "node:path";
import { readJson, readJsonLines } from "../../artifact/files.ts";
import { canonicalDigest } from "../../artifact/key.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import type { Chunk } from "../../contract/chunk.ts";
import type { ImportedQuestion } from "../../dataset/question.ts";
import { StepFailure } from "../../failure.ts";
import type { CriticTexts, PlannerTexts } from "../../prompt/messages.ts";
import { readIfThere } from "../../run/trace.ts";
import { readRecipe, type RecipeFile as AnyRecipeFile, remembering } from "../../run/recipe-file.ts";
import { recipeAt } from "./at-iteration.ts";
import type { QuestionList, SnowballRun } from "./contract/plan.ts";
import type { Recipe } from "./recipe/index.ts";

/** recipe.json of a run of the loop. */
export interface RecipeFile extends AnyRecipeFile<Recipe> {
  readonly texts: PlannerTexts & CriticTexts & Readonly<Record<string, string>>;
  readonly models: {
    readonly planner: string;
    readonly critic: string;
    readonly evaluator: string;
    /** Only of an executor that has a model. */
    readonly executor?: string;
  } & Readonly<Record<string, string>>;
}

export interface Shards {
  readonly shards: readonly (readonly string[])[];
  readonly held_out: { readonly val: readonly string[]; readonly test: readonly string[] };
}

/** In the data set's artifact: sha256 of what else was given under data.image_root, by name. Absent where there is none. */
export const OTHER_FILES = "other_files.json";

interface Data {
  readonly questions: ReadonlyMap<string, ImportedQuestion>;
  readonly shards: Shards;
  /** sha256 of every file under data.image_root that was looked at when the run was opened, by its name. */
  readonly given: ReadonlyMap<string, string>;
}

export interface RunFiles extends RecipeFile, Data {}

const data = remembering<Data>();

/** Reads the recipe and the questions of a run from their artifacts, once per process. */
export async function readRun(store: ArtifactStore, run: SnowballRun): Promise<RunFiles> {
  const [file, rest] = await Promise.all([
    readRecipe<Recipe>(store, run) as Promise<RecipeFile>,
    data(run.dataset.sha256, () => loadData(store, run)),
  ]);
  return { ...file, ...rest };
}

/** The same, with the recipe as this iteration works by it: `changes` may replace blocks in the middle of a run. */
export async function readRunAt(store: ArtifactStore, run: SnowballRun, iteration: number): Promise<RunFiles> {
  const files = await readRun(store, run);
  return { ...files, recipe: recipeAt(files.recipe, iteration) };
}

async function loadData(store: ArtifactStore, run: SnowballRun): Promise<Data> {
  const folder = await store.open(run.dataset);
  const given = new Map(Object.entries((await readIfThere<Record<string, string>>(join(folder, OTHER_FILES))) ?? {}));
  const questions = new Map<string, ImportedQuestion>();
  for await (const question of readJsonLines<ImportedQuestion>(join(folder, "questions.jsonl"))) {
    questions.set(question.id, question);
    for (const [place, name] of question.images.entries()) given.set(name, question.image_digests[place]!);
  }
  return { questions, given, shards: await readJson<Shards>(join(folder, "shards.json")) };
}

/** The questions of a chunk that a model sees, and those that are quarantined before it does. */
export interface ChunkQuestions {
  readonly asked: readonly ImportedQuestion[];
  readonly poisoned: readonly { readonly question: ImportedQuestion; readonly reason: string }[];
  /** Digest of what the asked questions are, images included: an input of every chunk step. */
  readonly digest: string;
}

/** The neighbours of a list that a chunk stands for. */
export function chunkQuestions(files: RunFiles, list: QuestionList, chunk: Chunk): ChunkQuestions {
  const { shards, held_out } = files.shards;
  const ids = list.set === "shard" ? shards[list.shard] : heldOutIds(held_out);
  const all = (ids ?? []).slice(chunk.from, chunk.from + chunk.count).map((id) => question(files, id));
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

export function question(files: Pick<RunFiles, "questions">, id: string): ImportedQuestion {
  const found = files.questions.get(id);
  if (!found) throw new StepFailure("Provenance", `Question "${id}" is not in the run's data set.`);
  return found;
}

import { mkdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { codeOf, isMissing } from "../src/artifact/durable.ts";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { dataFile, type Recipe } from "../src/recipe/pipelines/index.ts";
import type { ActivityDeps } from "./deps.ts";
import type { Shards } from "../src/run/files.ts";

interface RunRecord {
  readonly folder: string;
  readonly digest: string;
}

/** The name under which people look for the preference data of a single round, in its run folder. */
export const TRAIN_FILE = "dpo_train.json";

/** What a run is made from, as its folder shows it. */
interface RunConfig {
  readonly recipe: Recipe;
  readonly shards: Shards;
  readonly digest: string;
}

/**
 * The folder in which a run shows itself: `<results>/<kind>/<dataset>_<timestamp>`, relative to the root, with `_2` and so
 * on behind it where another run on the same data began in the same second. It is stored once per run name, so that a
 * run that is started again goes on in its folder; with another recipe it gets a new one.
 */
export async function openRunFolder(deps: ActivityDeps, name: string, config: RunConfig): Promise<string> {
  const record = join(deps.state, "runs", `${name}.json`);
  const known = await readJson<RunRecord>(record).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const folder = known?.digest === config.digest ? known.folder : await newFolder(deps, config.recipe);
  const absolute = join(deps.root, folder);
  // It may have been deleted, which loses nothing.
  await mkdir(absolute, { recursive: true });
  await writeJson(join(absolute, "config.json"), config.recipe);
  await writeJson(join(absolute, "shards.json"), config.shards);
  if (known?.folder !== folder) {
    await mkdir(join(deps.state, "runs"), { recursive: true });
    await writeJson(record, { folder, digest: config.digest });
  }
  return folder;
}

/** Folder below `results` for a pipeline's runs, as people know them. */
const FOLDERS: Readonly<Record<Recipe["pipeline"], string>> = {
  snowball: "iterative_dpo",
  "single-round": "dpo_data",
};

/** Makes a folder that nobody has: mkdir(2) decides who was first. */
async function newFolder(deps: ActivityDeps, recipe: RunConfig["recipe"]): Promise<string> {
  const path = dataFile(recipe);
  const file = basename(path, extname(path));
  // "questions.jsonl" says nothing; its folder names the data set then.
  const parent = basename(dirname(path));
  const dataset = file === "questions" && parent !== "data" && parent !== "." ? parent : file;
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "_").slice(0, 15);
  const first = join(deps.results, FOLDERS[recipe.pipeline], `${dataset}_${stamp}`);
  await mkdir(dirname(join(deps.root, first)), { recursive: true });
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? first : `${first}_${number}`;
    try {
      await mkdir(join(deps.root, folder));
      return folder;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

import { mkdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { codeOf, isMissing } from "../src/artifact/durable.ts";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { StepFailure } from "../src/failure.ts";
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
 * The folder in which a run shows itself: `<results>/<kind>/<dataset>_<timestamp>`, relative to the root.
 * The timestamp is stored once per run name, so that a run that is started again goes on in its folder; with another
 * recipe it gets a new one.
 */
export async function openRunFolder(deps: ActivityDeps, name: string, config: RunConfig): Promise<string> {
  const record = join(deps.state, "runs", `${name}.json`);
  const known = await readJson<RunRecord>(record).catch((error: unknown) => {
    // Torn by a full disk or a power cut: which folder it was is lost, and a new one shows the same.
    if (isMissing(error) || error instanceof StepFailure) return undefined;
    throw error;
  });
  const folder =
    known?.digest === config.digest ? known.folder : await claim(deps.root, newFolder(deps, config.recipe));
  const absolute = join(deps.root, folder);
  await mkdir(absolute, { recursive: true });
  await writeJson(join(absolute, "config.json"), config.recipe);
  await writeJson(join(absolute, "shards.json"), config.shards);
  if (known?.folder !== folder) {
    await mkdir(join(deps.state, "runs"), { recursive: true });
    await writeJson(record, { folder, digest: config.digest });
  }
  return folder;
}

/** Makes a folder of this name, or, where a run that began in the same second has it, of the next one that is free. */
async function claim(root: string, wanted: string): Promise<string> {
  await mkdir(dirname(join(root, wanted)), { recursive: true });
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}_${count}`;
    try {
      await mkdir(join(root, name));
      return name;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/** Folder below `results` for a pipeline's runs, as people know them. */
const FOLDERS: Readonly<Record<Recipe["pipeline"], string>> = {
  snowball: "iterative_dpo",
  "single-round": "dpo_data",
};

function newFolder(deps: ActivityDeps, recipe: RunConfig["recipe"]): string {
  const path = dataFile(recipe);
  const file = basename(path, extname(path));
  // "questions.jsonl" says nothing; its folder names the data set then.
  const parent = basename(dirname(path));
  const dataset = file === "questions" && parent !== "data" && parent !== "." ? parent : file;
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "_").slice(0, 15);
  return join(deps.results, FOLDERS[recipe.pipeline], `${dataset}_${stamp}`);
}

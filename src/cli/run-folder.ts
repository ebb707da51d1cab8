import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { StepFailure } from "../failure.ts";
import { parseRecipeObject } from "../pipeline/parse.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { readState } from "../temporal/state-file.ts";

/** The folder of a run, by the run's name or by the folder itself. Throws BadInput when there is none on this host. */
export function runFolderOf(root: string, nameOrFolder: string): string {
  const named = folderOfName(root, nameOrFolder);
  if (named !== undefined) return named;
  const folder = resolve(nameOrFolder);
  if (existsSync(join(folder, "config.json"))) return folder;
  throw new StepFailure(
    "BadInput",
    `No run is called "${nameOrFolder}" on this host, and there is no run folder of that name.`,
  );
}

/** The recipe that the run of this name was last started with on this root; null when there was none. */
export function lastRecipe(root: string, name: string): CommonRecipe | null {
  const folder = folderOfName(root, name);
  const file = folder === undefined ? undefined : join(folder, "config.json");
  if (file === undefined || !existsSync(file)) return null;
  try {
    return parseRecipeObject(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    // Torn, or written by a version whose recipes this one refuses: there is nothing to compare with.
    if (error instanceof StepFailure || error instanceof SyntaxError) return null;
    throw error;
  }
}

function folderOfName(root: string, name: string): string | undefined {
  const record = readState(join(stateFolderOf(root), "runs", `${name}.json`), z.object({ folder: z.string() }));
  return record === null ? undefined : resolve(root, record.folder);
}

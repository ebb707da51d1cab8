import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Option } from "commander";
import { StepFailure } from "../failure.ts";
import { parseRecipe } from "../pipeline/parse.ts";
import type { CommonRecipe } from "../recipe/common.ts";

/** This clone. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder that recipes' paths start from; results/ and the state folder lie in it. */
export function rootOption(): Option {
  return new Option("--root <folder>", "folder that the recipe's paths start from; results/ is written there")
    .env("SNOWBALL_ROOT")
    .default(resolve(PROJECT), "this clone")
    .argParser((folder) => resolve(folder));
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON, for programs");
}

/** A path as the user typed it, from the working folder or already from the root, as recipes write it. */
export function fromRoot(root: string, path: string): string {
  const absolute = !existsSync(resolve(path)) && existsSync(join(root, path)) ? join(root, path) : resolve(path);
  const typed = relative(root, absolute).replaceAll("\\", "/");
  return existsSync(absolute) ? typed || "." : path;
}

/** Reads and checks a recipe file. Throws BadInput. */
export function readRecipeFile(file: string): CommonRecipe {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new StepFailure("BadInput", `The recipe ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  return parseRecipe(text, file);
}

import { readFileSync } from "node:fs";
import { StepFailure } from "../failure.ts";
import { parseRecipe } from "../pipeline/parse.ts";
import type { CommonRecipe } from "../recipe/common.ts";

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

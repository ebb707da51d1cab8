import { StepFailure } from "../failure.ts";
import { parseRecipeObject } from "../pipeline/parse.ts";
import type { RecipeInput } from "../pipeline/index.ts";
import { startRun as startParsed, type StartedRun } from "../temporal/start.ts";
import type { SnowballClient } from "./connect.ts";

export interface StartOptions {
  /** Run again what is complete already. */
  readonly anew?: boolean;
}

/**
 * Starts a run of any pipeline under the recipe's `name`, or finds it: open → attached; failed, cancelled or unknown →
 * started, over what the store has; complete → finished, and nothing is started unless `anew`. Files that the recipe
 * names are looked for on the worker, below its `--root`.
 * @throws {StepFailure} BadInput, a line per field that is not usable; nothing was started
 */
export async function startRun(
  { client }: SnowballClient,
  recipe: RecipeInput,
  { anew = false }: StartOptions = {},
): Promise<StartedRun> {
  return startParsed(client, parseRecipeObject(recipe), { anew });
}

/** `startRun` for the iterative loop alone: refuses the recipe of another pipeline. */
export async function startSnowball(
  client: SnowballClient,
  recipe: RecipeInput,
  options: StartOptions = {},
): Promise<StartedRun> {
  if (recipe.pipeline !== "snowball") {
    throw new StepFailure(
      "BadInput",
      `The recipe ${recipe.name} is of the pipeline ${recipe.pipeline}; startRun starts it, startSnowball only snowball.`,
    );
  }
  return startRun(client, recipe, options);
}

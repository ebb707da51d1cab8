import { join } from "node:path";
import { readJson } from "../src/artifact/files.ts";
import { StepFailure } from "../src/failure.ts";
import { ZERO_STAGES } from "../src/training/common.ts";
import type { RecipeFile } from "../src/run/recipe-file.ts";

/**
 * What the files hold that trainings name as `deepspeed`, by their names; undefined where none does. Read once, when the run is opened: a file that changes later has no effect on it.
 * @throws {StepFailure} BadInput when a file cannot be read, or is no JSON object
 */
export async function deepspeedFiles(root: string, named: readonly string[]): Promise<RecipeFile["deepspeed"]> {
  const files = new Set(named.filter((wanted) => !isStage(wanted)));
  if (files.size === 0) return undefined;
  const found: Record<string, unknown> = {};
  for (const file of files) found[file] = await configIn(root, file);
  return found;
}

async function configIn(root: string, file: string): Promise<unknown> {
  const refuse = (cause?: unknown): StepFailure =>
    new StepFailure(
      "BadInput",
      `training.deepspeed "${file}" is neither ${ZERO_STAGES.join(", ")} nor a file with a JSON object in it.`,
      { cause },
    );
  const config = await readJson<unknown>(join(root, file)).catch((cause: unknown) => {
    throw refuse(cause);
  });
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw refuse();
  return config;
}

/**
 * What a training's `deepspeed` stands for: the name of a ZeRO stage, the configuration that its file held when the run
 * was opened, or null. The file's content, not its name, determines a training.
 */
export function deepspeedOf({ deepspeed }: Pick<RecipeFile, "deepspeed">, wanted: string | undefined): unknown {
  if (wanted === undefined || isStage(wanted)) return wanted ?? null;
  const config = deepspeed?.[wanted];
  if (config !== undefined) return config;
  throw new StepFailure("BadInput", `The run was opened before it kept what "${wanted}" holds; start the run again.`);
}

function isStage(wanted: string): boolean {
  return (ZERO_STAGES as readonly string[]).includes(wanted);
}

import { join } from "node:path";
import { digestFile } from "../src/artifact/digest-file.ts";
import { digestFolder } from "../src/artifact/digest-folder.ts";
import type { Built } from "../src/artifact/make.ts";
import { fewAtATime, FILES_AT_ONCE } from "../src/few-at-a-time.ts";
import { StepFailure } from "../src/failure.ts";
import { refusal } from "../src/image/read-given.ts";
import type { RecipeFile, RunFiles } from "../src/run/files.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** What a step reads that is the user's own, and may change while a run goes on. */
export interface Given {
  /** Names under data.image_root. */
  readonly images?: Iterable<string>;
  /** Whose model folders the step serves. */
  readonly models?: readonly (keyof RecipeFile["models"])[];
}

/**
 * A build that reads what is given, between two looks at it: before any model sees it, and before the result is
 * committed. A result made from other bytes would lie under the key of those that were imported, and would be found
 * there when these are back.
 * @param build is given the look too, for what it keeps or starts on the way
 */
export function onGiven(
  deps: ActivityDeps,
  context: StepContext,
  files: RunFiles,
  given: Given,
  build: (folder: string, unchanged: () => Promise<void>) => Promise<Built>,
): (folder: string) => Promise<Built> {
  const unchanged = (): Promise<void> => checkGiven(deps, context, files, given);
  return async (folder) => {
    await unchanged();
    const built = await build(folder, unchanged);
    await unchanged();
    return built;
  };
}

/**
 * Compares what is given with what it was when the run was opened.
 * @throws {StepFailure} BadInput naming what changed or is gone
 */
export async function checkGiven(
  deps: ActivityDeps,
  { signal }: StepContext,
  files: RunFiles,
  { images = [], models = [] }: Given,
): Promise<void> {
  for (const who of models) {
    signal.throwIfAborted();
    await checkModelFolder(deps, files, who);
  }
  await fewAtATime(new Set(images), FILES_AT_ONCE, async (name) => {
    signal.throwIfAborted();
    await checkImage(deps, files, name);
  });
}

async function checkImage({ root }: ActivityDeps, { recipe, given }: RunFiles, name: string): Promise<void> {
  const wanted = given.get(name);
  // A run that an earlier version opened knows no digests of the images of pairs.
  if (wanted === undefined) return;
  const found = await digestFile(join(root, recipe.data.image_root, name)).then((digest) => ({ digest }), refusal);
  const what = typeof found === "string" ? found : found.digest === wanted ? undefined : "changed";
  if (what !== undefined)
    throw otherwise(`The given file ${JSON.stringify(name)} (data.image_root "${recipe.data.image_root}")`, what);
}

async function checkModelFolder(
  { root }: ActivityDeps,
  files: RunFiles,
  who: keyof RecipeFile["models"],
): Promise<void> {
  const { backend, model } = files.recipe[who];
  if (backend === "simulated" || model === undefined) return;
  if ((await digestFolder(join(root, model))) !== files.models[who])
    throw otherwise(`${who}.model "${model}"`, "changed");
}

function otherwise(subject: string, what: string): StepFailure {
  const since = what === "changed" ? "changed after the run was opened" : `${what} any more`;
  return new StepFailure(
    "BadInput",
    `${subject} ${since}; put it back as it was, or start the run again, which works on it as it is now.`,
  );
}

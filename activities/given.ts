import { join } from "node:path";
import { digestFile, digestFolder } from "../src/artifact/digest.ts";
import type { Built } from "../src/artifact/make.ts";
import { readJson } from "../src/artifact/files.ts";
import { isMade, type ModelFolder, type PolicyRef } from "../src/contract/artifact.ts";
import type { TrainData } from "../src/contract/training.ts";
import { fewAtATime, FILES_AT_ONCE } from "../src/few-at-a-time.ts";
import { StepFailure } from "../src/failure.ts";
import { IMAGES_FILE } from "../src/training/algorithm.ts";
import { refusal } from "../src/image/read-given.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** What a step reads that is the user's own, and may change while a run goes on. */
export interface Given {
  /** Checkpoints that it serves or trains. */
  readonly models?: readonly ModelFolder[];
  readonly images?: GivenImages;
}

export interface GivenImages {
  /** Where their names start, relative to the worker's root. */
  readonly folder: string;
  /** sha256 of their bytes when the run was opened, by name. */
  readonly digests: ReadonlyMap<string, string>;
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
  given: Given,
  build: (folder: string, unchanged: () => Promise<void>) => Promise<Built>,
): (folder: string) => Promise<Built> {
  const unchanged = (): Promise<void> => checkGiven(deps, context, given);
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
  { root }: ActivityDeps,
  { signal }: StepContext,
  { images, models = [] }: Given,
): Promise<void> {
  for (const { folder, digest } of models) {
    signal.throwIfAborted();
    if ((await digestFolder(join(root, folder))) !== digest) throw otherwise(`The model "${folder}"`, "changed");
  }
  if (!images) return;
  await fewAtATime(images.digests, FILES_AT_ONCE, async ([name, wanted]) => {
    signal.throwIfAborted();
    const found = await digestFile(join(root, images.folder, name)).then((digest) => ({ digest }), refusal);
    const what = typeof found === "string" ? found : found.digest === wanted ? undefined : "changed";
    if (what !== undefined) throw otherwise(`The given file ${JSON.stringify(name)} (below "${images.folder}")`, what);
  });
}

/** The folders of the user's among the checkpoints of policies. */
export function givenFolders(policies: readonly (PolicyRef | undefined)[]): ModelFolder[] {
  return policies.flatMap((policy) => (policy === undefined || isMade(policy.base) ? [] : [policy.base]));
}

/** What the images were that rows to train on show, by name. @throws {StepFailure} BadInput when two parts disagree */
export async function imagesOf({ store }: ActivityDeps, data: readonly TrainData[]): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const { ref } of data) {
    const own = await readJson<Record<string, string>>(join(await store.open(ref), IMAGES_FILE));
    for (const [name, digest] of Object.entries(own)) {
      if ((all.get(name) ?? digest) !== digest) throw otherwise(`The given file ${JSON.stringify(name)}`, "changed");
      all.set(name, digest);
    }
  }
  return all;
}

function otherwise(subject: string, what: string): StepFailure {
  const since = what === "changed" ? "changed after the run was opened" : `${what} any more`;
  return new StepFailure(
    "BadInput",
    `${subject} ${since}; put it back as it was, or start the run again, which works on it as it is now.`,
  );
}

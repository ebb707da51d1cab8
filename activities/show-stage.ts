import { join } from "node:path";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { linkFile, linkFolder } from "../src/artifact/link-folder.ts";
import { namesIn } from "../src/artifact/disk.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { StageView } from "../src/contract/chain.ts";
import { algorithmOf } from "../src/training/index.ts";
import type { ActivityDeps } from "./deps.ts";
import { showFolder } from "./run-folder.ts";
import { showTraining } from "./show-training.ts";
import type { StepContext } from "./step.ts";

/** Shows what a stage made, under its name: what it trained on, its adapter, its checkpoint, its curves. */
export async function showStage(deps: ActivityDeps, _context: StepContext, view: StageView): Promise<void> {
  await showFolder(join(deps.root, view.folder, view.stage), (folder) => buildStage(deps, view, folder));
}

async function buildStage({ store }: ActivityDeps, view: StageView, folder: string): Promise<void> {
  const { stage, algorithm, rows, adapter, checkpoint, policy, metrics } = view;
  const { files } = algorithmOf(algorithm);
  const data = await store.open(rows);
  await linkFile(join(data, files.rows), join(folder, files.rows));
  const trained = await store.open(adapter ?? checkpoint);
  await showTraining(trained, folder);
  await linkFile(join(trained, "training.json"), join(folder, "training.json"));
  await showCheckpoints(trained, folder);
  for (const artifact of adapter ? [trained, await store.open(checkpoint)] : [trained]) {
    for (const name of (await namesIn(artifact)).filter((each) => each.startsWith("model_"))) {
      await linkFolder(join(artifact, name), join(folder, name));
    }
  }
  const artifacts: Readonly<Record<string, ArtifactRef | null>> = { rows, adapter, checkpoint };
  const account = await readJson(join(data, "account.json"));
  await writeJson(join(folder, "summary.json"), { stage, policy, metrics, account, artifacts });
}

/** Where a training was validated: the policy of every checkpoint, the best one, and what they were worth. */
async function showCheckpoints(trained: string, folder: string): Promise<void> {
  const names = await namesIn(trained);
  if (!names.includes("validation.json")) return;
  await linkFile(join(trained, "validation.json"), join(folder, "validation.json"));
  for (const name of names.filter((each) => each === "best" || each.startsWith("checkpoint-"))) {
    await linkFolder(join(trained, name), join(folder, name));
  }
}

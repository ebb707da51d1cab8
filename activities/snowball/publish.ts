import { join } from "node:path";
import { joinJsonLines, readJson, writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { linkFile, linkFolder } from "../../src/artifact/link-folder.ts";
import { namesIn } from "../../src/artifact/disk.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { ChunkResult } from "../../src/contract/chunk.ts";
import type { IterationView } from "../../src/pipeline/snowball/contract/steps.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../src/few-at-a-time.ts";
import { readRun } from "../../src/pipeline/snowball/files.ts";
import type { ActivityDeps } from "../deps.ts";
import { type PartTimes, partTimes, type Period } from "../../src/report/times.ts";
import { readTimes } from "../../src/run/times.ts";
import { readIfThere } from "../../src/run/trace.ts";
import { showFolder } from "../run-folder.ts";
import { showTraining } from "../show-training.ts";
import type { StepContext } from "../step.ts";
import { TRAIN_FILE } from "./open.ts";

/** Shows an iteration's artifacts in the layout that people know: hard links into the store, or files joined from it. */
export async function publishIteration(deps: ActivityDeps, _context: StepContext, view: IterationView): Promise<void> {
  const run = join(deps.root, view.folder);
  const target = join(run, `iter_${view.iteration}`);
  const earlier = await readIfThere<Pick<PartTimes, "periods">>(join(target, TIMES_FILE));
  await showFolder(target, async (folder) => {
    await buildIteration(deps, view, folder);
    await writeTimes(deps, view, earlier?.periods ?? [], folder);
  });
  const { recipe } = await readRun(deps.store, view.run);
  if (recipe.pipeline === "single-round") await linkFile(join(target, "dpo_pairs.json"), join(run, TRAIN_FILE));
}

async function buildIteration({ store }: ActivityDeps, view: IterationView, folder: string): Promise<void> {
  const { labeled, adapter, merged, full } = view;
  if (labeled) await joinChunks(store, labeled, folder);
  const pairs = await store.open(view.pairs);
  await linkFile(join(pairs, "dpo_pairs.json"), join(folder, "dpo_pairs.json"));
  await writeJson(join(folder, "dpo_accumulated.json"), await accumulated(store, view.accumulated));
  for (const [ref, name] of [
    [adapter, "model_lora"],
    [merged, "model_merged"],
    [full, "model_full"],
  ] as const) {
    if (ref) await linkFolder(join(await store.open(ref), name), join(folder, name));
  }
  const trained = adapter ?? full;
  if (trained) await showTraining(await store.open(trained), folder);
  if (view.evaluation) {
    const evaluation = await store.open(view.evaluation);
    await linkFile(join(evaluation, "evaluation.jsonl"), join(folder, "evaluation.jsonl"));
  }
  await writeJson(join(folder, "summary.json"), {
    ...view.row,
    ledger: await readJson(join(pairs, "ledger.json")),
    artifacts: { labeled, pairs: view.pairs, adapter, merged, ...(full && { full }), evaluation: view.evaluation },
  });
}

/** Beside the summary and not in it: it differs between equal runs. */
const TIMES_FILE = "time.json";

/** How busy the devices were while the round was made, in this start of the run and in those before. */
async function writeTimes(
  { state }: ActivityDeps,
  { run, began }: IterationView,
  earlier: readonly Period[],
  folder: string,
): Promise<void> {
  // An attempt that died after it had shown the folder began with the same round.
  const others = earlier.filter(({ from }) => from !== began);
  const periods = began === null ? others : [...others, { from: began, to: Date.now() }];
  if (periods.length > 0)
    await writeJson(join(folder, TIMES_FILE), partTimes(await readTimes(state, run.name), periods));
}

async function joinChunks(store: ActivityDeps["store"], labeled: ArtifactRef, to: string): Promise<void> {
  const index = await store.open(labeled);
  const chunks = await readJson<ChunkResult[]>(join(index, "chunks.json"));
  const opened = await fewAtATime(chunks, FILES_AT_ONCE, async ({ made }) => ({
    rollouts: await store.open(made["rollout"]!),
    views: await store.open(made["imagine"]!),
  }));
  const rollouts = opened.map((each) => join(each.rollouts, "rollouts.jsonl"));
  await writeJsonLines(join(to, "rollouts.jsonl"), joinJsonLines(rollouts));
  await writeJsonLines(join(to, "labeled.jsonl"), joinJsonLines([join(index, "rows.jsonl")]));
  for (const { views } of opened) {
    const images = join(views, "generated_images");
    // There is none for a chunk in which nobody asked for a view.
    for (const name of await namesIn(images)) {
      await linkFolder(join(images, name), join(to, "generated_images", name));
    }
  }
}

async function accumulated(store: ActivityDeps["store"], refs: readonly ArtifactRef[]): Promise<unknown[]> {
  const all = await fewAtATime(refs, FILES_AT_ONCE, async (ref) =>
    readJson<unknown[]>(join(await store.open(ref), "dpo_pairs.json")),
  );
  return all.flat();
}

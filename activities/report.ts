import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { joinJsonLines, readJson, writeJson, writeJsonLines } from "../src/artifact/files.ts";
import { namesIn } from "../src/artifact/names-in.ts";
import { linkFile, linkFolder } from "../src/artifact/link-folder.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { ChunkResult, CloseInput, IterationView } from "../src/contract/steps.ts";
import { fewAtATime, FILES_AT_ONCE } from "../src/few-at-a-time.ts";
import { readRun } from "../src/run/files.ts";
import type { ActivityDeps } from "./deps.ts";
import { TRAIN_FILE } from "./run-folder.ts";
import type { StepContext } from "./step.ts";

/**
 * Shows an iteration's artifacts in the layout that people know. A view, not a second truth: files are hard links
 * into the store or are joined from it, and the whole folder is put in place by one rename, so that a killed attempt
 * leaves nothing half-shown.
 */
export async function publishIteration(deps: ActivityDeps, _context: StepContext, view: IterationView): Promise<void> {
  const run = join(deps.root, view.folder);
  const target = join(run, `iter_${view.iteration}`);
  const building = join(run, `.iter_${view.iteration}.${randomUUID()}`);
  await mkdir(building, { recursive: true });
  try {
    if (view.labeled) await joinChunks(deps, view.labeled, building);
    const pairs = await deps.store.open(view.pairs);
    await linkFile(join(pairs, "dpo_pairs.json"), join(building, "dpo_pairs.json"));
    await writeJson(join(building, "dpo_accumulated.json"), await accumulated(deps, view.accumulated));
    for (const [ref, folder] of [
      [view.adapter, "model_lora"],
      [view.merged, "model_merged"],
      [view.full ?? null, "model_full"],
    ] as const) {
      if (ref) await linkFolder(join(await deps.store.open(ref), folder), join(building, folder));
    }
    if (view.evaluation)
      await linkFile(
        join(await deps.store.open(view.evaluation), "evaluation.jsonl"),
        join(building, "evaluation.jsonl"),
      );
    await writeJson(join(building, "summary.json"), {
      ...view.row,
      ledger: await readJson(join(pairs, "ledger.json")),
      artifacts: {
        labeled: view.labeled,
        pairs: view.pairs,
        adapter: view.adapter,
        merged: view.merged,
        ...(view.full && { full: view.full }),
      },
    });
    await rm(target, { recursive: true, force: true });
    await rename(building, target);
    const { recipe } = await readRun(deps.store, view.run);
    if (recipe.pipeline === "single-round") await linkFile(join(target, "dpo_pairs.json"), join(run, TRAIN_FILE));
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

/** Writes final_status.json and points final/ at the policy that the gate left in place. */
export async function closeRun(deps: ActivityDeps, _context: StepContext, input: CloseInput): Promise<void> {
  const run = join(deps.root, input.result.folder);
  await mkdir(run, { recursive: true });
  await writeJson(join(run, "final_status.json"), { status: "completed", ...input.result });
  const final = join(run, "final");
  await rm(final, { force: true });
  // Relative, so that the run folder can be moved or copied whole.
  const model = input.result.policy.full ? "model_full" : "model_merged";
  if (input.finalIteration >= 0) await symlink(join(`iter_${input.finalIteration}`, model), final);
  for (const name of await readdir(run)) {
    if (name.startsWith(".iter_")) await rm(join(run, name), { recursive: true, force: true });
  }
}

async function joinChunks(deps: ActivityDeps, labeled: ArtifactRef, to: string): Promise<void> {
  const index = await deps.store.open(labeled);
  const chunks = await readJson<ChunkResult[]>(join(index, "chunks.json"));
  const folders = await fewAtATime(chunks, FILES_AT_ONCE, async (each) => ({
    rollouts: await deps.store.open(each.rollouts),
    views: await deps.store.open(each.views),
  }));
  await writeJsonLines(
    join(to, "rollouts.jsonl"),
    joinJsonLines(folders.map((each) => join(each.rollouts, "rollouts.jsonl"))),
  );
  await writeJsonLines(join(to, "labeled.jsonl"), joinJsonLines([join(index, "judged.jsonl")]));
  for (const { views } of folders) {
    const images = join(views, "generated_images");
    // There is none for a chunk in which nobody asked for a view.
    const names = await namesIn(images);
    for (const name of names) await linkFolder(join(images, name), join(to, "generated_images", name));
  }
}

async function accumulated(deps: ActivityDeps, refs: readonly ArtifactRef[]): Promise<unknown[]> {
  const all = await fewAtATime(refs, FILES_AT_ONCE, async (ref) =>
    readJson<unknown[]>(join(await deps.store.open(ref), "dpo_pairs.json")),
  );
  return all.flat();
}

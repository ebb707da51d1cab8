import { join } from "node:path";
import { readJson } from "../../artifact/files.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import type { Account } from "../../contract/account.ts";
import { imbalance } from "../../contract/account.ts";
import type { ArtifactRef } from "../../contract/artifact.ts";
import { verifyAnswers } from "../../measuring/verify.ts";
import { readIfThere } from "../../run/trace.ts";
import type { Check } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** summary.json of a stage, as the run folder shows it. */
export interface StageSummary {
  readonly policy: string;
  readonly account: Account;
  readonly artifacts: Readonly<Record<"rows" | "adapter" | "checkpoint", ArtifactRef | null>>;
}

/**
 * Checks what every stage says of itself: its rows add up, and it was trained on them, from the checkpoint that the
 * stage before made. Then judges every answer again.
 * @param folder absolute path of the run folder
 */
export async function* verifyStages(store: ArtifactStore, folder: string): AsyncGenerator<Check> {
  const { stages } = await readJson<Recipe>(join(folder, "config.json"));
  let start: ArtifactRef | null = null;
  for (const name of stages) {
    const summary = await readIfThere<StageSummary>(join(folder, name, "summary.json"));
    if (summary === null) {
      yield { what: `${name}: not there yet, the run has not come so far` };
      break;
    }
    const { rows, adapter, checkpoint } = summary.artifacts;
    const missing = imbalance(summary.account);
    const what = `${name}: account of its rows`;
    yield missing === 0 ? { what } : { what, problem: `${missing} rows are accounted for nowhere.` };
    yield await trainedFrom(store, name, { trained: adapter ?? checkpoint!, start, rows: rows! });
    start = checkpoint;
  }
  yield* verifyAnswers(store, folder);
}

async function trainedFrom(
  store: ArtifactStore,
  name: string,
  {
    trained,
    start,
    rows,
  }: { readonly trained: ArtifactRef; readonly start: ArtifactRef | null; readonly rows: ArtifactRef },
): Promise<Check> {
  const what = `${name}: provenance of the training`;
  try {
    const { inputs } = await readJson<{ inputs: string[] }>(join(await store.open(trained), "manifest.json"));
    // The first input is the checkpoint that it started from; of the first stage that is a folder of the user's.
    if (start !== null && inputs[0] !== start.sha256) {
      return { what, problem: "It did not start from the checkpoint that the stage before made." };
    }
    if (inputs.at(-1) !== rows.sha256) return { what, problem: "It was trained on other rows than those of the run." };
    return { what };
  } catch (error) {
    return { what, problem: error instanceof Error ? error.message : String(error) };
  }
}

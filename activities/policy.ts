import { constants } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { digestFolder } from "../src/artifact/digest.ts";
import { writeJson } from "../src/artifact/files.ts";
import { listFiles } from "../src/artifact/disk.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import { type ArtifactRef, isMade, type PolicyRef } from "../src/contract/artifact.ts";
import type { RunResult } from "../src/contract/progress.ts";
import { StepFailure } from "../src/failure.ts";
import { adapterDigest } from "../src/model/adapter.ts";
import { modelDigest } from "../src/model/checkpoint.ts";
import { readResult } from "../src/pipeline/result.ts";
import { ADAPTER_FOLDER } from "../src/run/policy.ts";
import { readIfThere } from "../src/run/trace.ts";
import type { ActivityDeps } from "./deps.ts";

/** Raise when the meaning of an imported adapter changes. */
const ADAPTER_VERSION = 1;

/** A policy as a recipe names it: a checkpoint's folder, perhaps with an adapter's, or what another run ended with. */
export interface WantedPolicy {
  /** The recipe's block, for sentences. */
  readonly who: string;
  /** The field that names `model`: "init"; `<who>.model` when absent. */
  readonly field?: string;
  /** Is it trained, too, and merged? */
  readonly trained?: boolean;
  readonly backend: string;
  readonly dtype: string;
  readonly model?: string | undefined;
  readonly adapter?: string | undefined;
  readonly run?: string | undefined;
}

/** Finds a policy, whole and unchanged. @throws {StepFailure} BadInput, one sentence that names the block */
export async function findPolicy(deps: ActivityDeps, wanted: WantedPolicy): Promise<PolicyRef> {
  const { who, backend, dtype, model, adapter, run } = wanted;
  if (run !== undefined) return { ...(await policyOfRun(deps, who, backend, run)), dtype };
  const { field = `${who}.model`, trained = false } = wanted;
  const digest = await modelDigest({ field, backend, trained }, deps.root, model!);
  const given = adapter === undefined ? {} : { adapter: await importAdapter(deps, who, backend, adapter) };
  return { base: { folder: model!, digest }, ...given, dtype };
}

/** What a complete run ended with. Where that stands on a folder of the user's, it must be the one that it was. */
async function policyOfRun(deps: ActivityDeps, who: string, backend: string, run: string): Promise<PolicyRef> {
  const { policy } = await resultOfRun(deps, who, run);
  if (policy === null) throw new StepFailure("BadInput", `${who}: the run ${run} made no policy.`);
  const { base } = policy;
  if (isMade(base)) return policy;
  if (base.folder === "") {
    const told = "was made by an earlier version, which did not note its model's folder; name its folders instead";
    throw new StepFailure("BadInput", `${who}: the run ${run} ${told}.`);
  }
  if ((await modelDigest({ field: `${who}.run`, backend }, deps.root, base.folder)) === base.digest) return policy;
  const told = `was made on ${base.folder}, which holds another checkpoint now`;
  throw new StepFailure("BadInput", `${who}: the run ${run} ${told}.`);
}

async function resultOfRun(deps: ActivityDeps, who: string, run: string): Promise<RunResult> {
  const record = await readIfThere<{ folder: string }>(join(deps.state, "runs", `${run}.json`));
  const status = record && (await readIfThere(join(resolve(deps.root, record.folder), "final_status.json")));
  if (status) return readResult(status);
  const told = `no complete run is called "${run}" here; \`bin/snowball list\` shows the runs`;
  throw new StepFailure("BadInput", `${who}: ${told}.`);
}

/** A LoRA adapter of the user's own becomes an artifact: what was measured stays, whatever becomes of its folder. */
async function importAdapter(deps: ActivityDeps, who: string, backend: string, adapter: string): Promise<ArtifactRef> {
  const folder = join(deps.root, adapter);
  const digest = await adapterDigest(who, backend, deps.root, adapter);
  const recipeOf = { step: "given-adapter", version: ADAPTER_VERSION, params: { digest }, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (scratch) => {
    const to = join(scratch, ADAPTER_FOLDER);
    await mkdir(to);
    if (backend === "simulated") await writeJson(join(to, "adapter.json"), { digest });
    else await copyAdapter(who, { folder, digest }, to);
    return { rows: 1 };
  });
  return ref;
}

/** Copied, not linked: a link would be one file with the user's, and change with it. */
async function copyAdapter(who: string, from: { folder: string; digest: string }, to: string): Promise<void> {
  for (const name of (await listFiles(from.folder)).files.filter((each) => !each.split("/").some(isHidden))) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    await copyFile(join(from.folder, name), join(to, name), constants.COPYFILE_FICLONE);
  }
  if ((await digestFolder(to)) === from.digest) return;
  throw new StepFailure("BadInput", `${who}.adapter: ${from.folder} changed while it was read; start the run again.`);
}

/** Downloaders keep times and locks there; digests leave them out too. */
function isHidden(name: string): boolean {
  return name.startsWith(".");
}

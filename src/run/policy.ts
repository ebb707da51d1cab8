import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJson } from "../artifact/files.ts";
import { canonicalDigest } from "../artifact/key.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import { type ArtifactRef, isMade, type PolicyRef } from "../contract/artifact.ts";
import { StepFailure } from "../failure.ts";

/** Names a policy: base, adapter and serving dtype. Rollouts carry it, and training refuses any other. */
export function policyDigest(policy: PolicyRef): string {
  const { adapter, dtype } = policy;
  return canonicalDigest({ base: baseDigest(policy), adapter: adapter?.sha256 ?? null, dtype });
}

/** Digest of the checkpoint below the adapter: of the user's files, or of the artifact that was made. */
export function baseDigest({ base }: Pick<PolicyRef, "base">): string {
  return isMade(base) ? base.sha256 : base.digest;
}

/** Digests of what was made of a policy: they stand among a step's inputs, so that the store knows who was built on it. */
export function madeInputs({ base, adapter, merged }: PolicyRef): string[] {
  return [...(isMade(base) ? [base.sha256] : []), ...[adapter, merged].flatMap((made) => made?.sha256 ?? [])];
}

/** The absolute folders that serve a policy. */
export interface PolicyFolders {
  readonly model: string;
  readonly adapter: string | null;
}

/** Opens the artifacts of a policy. */
export async function policyFolders(store: ArtifactStore, root: string, policy: PolicyRef): Promise<PolicyFolders> {
  const { base, adapter, merged } = policy;
  if (merged) return { model: await faithfulFolder(store, merged, policy.dtype), adapter: null };
  return {
    model: isMade(base) ? await checkpointFolder(store, base) : join(root, base.folder),
    adapter: adapter ? join(await store.open(adapter), ADAPTER_FOLDER) : null,
  };
}

/** What the artifact of a training with LoRA calls its adapter. */
export const ADAPTER_FOLDER = "model_lora";

/** What a full fine-tuning and a merge call their checkpoint. */
const CHECKPOINTS = ["model_full", "model_merged"];

/** By the digits that they keep. */
const BY_PRECISION = ["bfloat16", "float16", "float32"];

/** A merge is saved in the narrowest dtype that keeps what was trained: served in a narrower one, it would be lost. */
async function faithfulFolder(store: ArtifactStore, merged: ArtifactRef, dtype: string): Promise<string> {
  const passed = await readJson<{ readonly dtype: string }>(join(await store.open(merged), "canary.json"));
  if (BY_PRECISION.indexOf(passed.dtype) <= BY_PRECISION.indexOf(dtype)) return checkpointFolder(store, merged);
  throw new StepFailure(
    "BadInput",
    `The merged checkpoint keeps what was trained in ${passed.dtype}, and is to be served in ${dtype}, which would round it away; ` +
      `planner.policies adapter, or planner.dtype ${passed.dtype}, is needed.`,
  );
}

async function checkpointFolder(store: ArtifactStore, made: ArtifactRef): Promise<string> {
  const artifact = await store.open(made);
  const name = CHECKPOINTS.find((each) => existsSync(join(artifact, each)));
  if (name !== undefined) return join(artifact, name);
  throw new StepFailure("BadInput", `Artifact ${made.key} holds no checkpoint (${CHECKPOINTS.join(" or ")}).`);
}

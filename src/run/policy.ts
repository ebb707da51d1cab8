import { join } from "node:path";
import { canonicalDigest } from "../artifact/key.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import type { ArtifactRef, PolicyRef } from "../contract/artifact.ts";

/** Names a policy: base, adapter and serving dtype. Rollouts carry it, and training refuses any other. */
export function policyDigest(policy: PolicyRef): string {
  const { base, adapter, full, dtype } = policy;
  return canonicalDigest({ base, adapter: adapter?.sha256 ?? null, dtype, ...(full && { full: full.sha256 }) });
}

/** The absolute folders that serve a policy: its adapter, or the checkpoint that was trained as a whole, or neither. */
export interface PolicyFolders {
  readonly adapter: string | null;
  readonly full: string | null;
}

/** Opens the artifacts of a policy. The base has none. */
export async function policyFolders(store: ArtifactStore, { adapter, full }: PolicyRef): Promise<PolicyFolders> {
  const folder = async (ref: ArtifactRef | undefined, name: string): Promise<string | null> =>
    ref ? join(await store.open(ref), name) : null;
  return { adapter: await folder(adapter, "model_lora"), full: await folder(full, "model_full") };
}

import { join } from "node:path";
import { canonicalDigest } from "../artifact/key.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import type { ArtifactRef, PolicyRef } from "../contract/artifact.ts";

/** Names a policy: base, adapter and serving dtype. Rollouts carry it, and training refuses any other. */
export function policyDigest(policy: PolicyRef): string {
  const { base, adapter, full, dtype } = policy;
  return canonicalDigest({ base, adapter: adapter?.sha256 ?? null, dtype, ...(full && { full: full.sha256 }) });
}

/** Opens the adapter of a policy: the absolute folder, or null for the base. */
export async function adapterFolder(store: ArtifactStore, adapter: ArtifactRef | undefined): Promise<string | null> {
  return adapter ? join(await store.open(adapter), "model_lora") : null;
}

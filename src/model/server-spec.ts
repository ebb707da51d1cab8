import { isMade, type PolicyRef } from "../contract/artifact.ts";
import type { ServerSpec } from "./specs.ts";
import { type ServedBlock, serverOf } from "../recipe/parts/server.ts";
import { baseDigest } from "../run/policy.ts";

/**
 * The server of the user's own that a block of a recipe names; null where something else serves. A checkpoint that the
 * run has made is looked for there under its digest: the name in the recipe is that of the user's.
 */
export function serverSpec(
  block: ServedBlock,
  policy: Pick<PolicyRef, "base">,
  needs: ServerSpec["needs"],
): ServerSpec | null {
  const server = serverOf(block);
  if (server === null) return null;
  const { address, model, root, key = null, in_flight, timeout_s, patience_s } = server;
  const made = isMade(policy.base);
  return {
    address,
    model: made ? baseDigest(policy) : model,
    made,
    root: made ? undefined : root,
    key,
    inFlight: in_flight,
    timeoutMs: timeout_s * 1000,
    patienceMs: patience_s * 1000,
    needs,
  };
}

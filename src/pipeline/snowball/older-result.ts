import type { ArtifactRef, PolicyRef } from "../../contract/artifact.ts";
import type { RunResult } from "../../contract/progress.ts";
import { accountsOf, type Ledger } from "./contract/ledger.ts";
import { type Floors, type IterationRow, iterationTable } from "./contract/rows.ts";

/** What a run returned, and wrote as final_status.json, before results had tables. */
interface OlderResult {
  readonly run: string;
  readonly policy: {
    readonly base: string;
    readonly dtype: string;
    readonly adapter?: ArtifactRef;
    full?: ArtifactRef;
  };
  readonly policy_digest: string;
  readonly merged: ArtifactRef | null;
  readonly table: readonly IterationRow[];
  readonly floors: Floors | null;
  readonly ledger: Ledger;
  readonly folder: string;
  readonly preference_data?: string;
  readonly warnings: readonly string[];
}

/** An older result in today's shape; undefined for what is none. */
export function olderResult(written: unknown): RunResult | undefined {
  if (!isOlder(written)) return undefined;
  const { run, policy, policy_digest: digest, merged, table, floors, ledger, folder, warnings } = written;
  const data = written.preference_data;
  return {
    run,
    pipeline: data === undefined ? "snowball" : "single-round",
    policy: policyOf(policy),
    digest,
    tables: [iterationTable(table, floors)],
    accounts: accountsOf(ledger),
    files: {
      ...(data !== undefined && { Pairs: data }),
      ...(merged !== null && { "Final model": `${folder}/final` }),
    },
    folder,
    warnings,
  };
}

/** The base was named by its digest alone, and a full fine-tuning beside it. */
function policyOf({ base, dtype, adapter, full }: OlderResult["policy"]): PolicyRef {
  return { base: full ?? { folder: "", digest: base }, ...(adapter && { adapter }), dtype };
}

function isOlder(written: unknown): written is OlderResult {
  return typeof written === "object" && written !== null && "policy_digest" in written && "ledger" in written;
}

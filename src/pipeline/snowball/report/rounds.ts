import { join } from "node:path";
import { namesIn } from "../../../artifact/disk.ts";
import type { ArtifactRef } from "../../../contract/artifact.ts";
import { readIfThere } from "../../../run/trace.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { IterationRow } from "../contract/rows.ts";

/** An iteration that the run folder shows, whole: it is put there when it is done. */
export interface Round extends IterationRow {
  /** Absolute. */
  readonly folder: string;
  readonly ledger: { readonly ledger: Ledger };
  readonly artifacts: { readonly evaluation?: ArtifactRef | null };
}

/** The iterations of a run that are done, in their order. */
export async function readRounds(folder: string): Promise<Round[]> {
  const names = (await namesIn(folder)).filter((each) => /^iter_\d+$/.test(each));
  const read = names.map(async (name) => {
    const summary = await readIfThere<Omit<Round, "folder">>(join(folder, name, "summary.json"));
    return summary === null ? [] : [{ ...summary, folder: join(folder, name) }];
  });
  return (await Promise.all(read)).flat().toSorted((a, b) => a.iteration - b.iteration);
}

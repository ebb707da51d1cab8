import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines } from "../src/artifact/files.ts";
import { linkFile } from "../src/artifact/link-folder.ts";
import type { ScoreRow, TabulateInput, Tabulated } from "../src/contract/measurement.ts";
import { StepFailure } from "../src/failure.ts";
import { lostOf, tabulate as beside } from "../src/measuring/tables.ts";
import { seedFor } from "../src/seed.ts";
import { SCORES_FILE } from "../src/statistics/scores.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Puts all that was measured beside each other, and shows every answer as answers/<policy>/<benchmark>.jsonl. */
export async function tabulate(deps: ActivityDeps, _context: StepContext, input: TabulateInput): Promise<Tabulated> {
  const { store, root } = deps;
  const cells = [];
  for (const cell of input.cells) {
    const { policy, measured } = cell;
    refuseLosses(cell, input.maxQuarantinedShare);
    const folder = await store.open(measured.rows);
    const shown = join(root, input.folder, "answers", policy);
    await mkdir(shown, { recursive: true });
    await linkFile(join(folder, "answers.jsonl"), join(shown, `${measured.benchmark}.jsonl`));
    cells.push({ ...cell, rows: await readAllJsonLines<ScoreRow>(join(folder, SCORES_FILE)) });
  }
  return beside(cells, { seed: seedFor("measure", input.seed), resamples: input.resamples });
}

function refuseLosses(cell: TabulateInput["cells"][number], allowed: number): void {
  const { items, counts } = cell.measured;
  if ((counts["quarantined"] ?? 0) <= allowed * items) return;
  throw new StepFailure(
    "ThresholdExceeded",
    `${lostOf(cell)} are lost to the machine, more than max_quarantined_share (${allowed}) allows.`,
  );
}

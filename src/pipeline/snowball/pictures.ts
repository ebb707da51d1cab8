import { join } from "node:path";
import { namesIn } from "../../artifact/disk.ts";
import { readJson } from "../../artifact/files.ts";
import { share } from "../../contract/table.ts";
import type { LabeledRow, PairRow } from "../../preference/rows.ts";
import type { Picture } from "../../run/tracked.ts";
import { labeledRows, sampleName, sampleNames } from "./labeled.ts";

type Sample = Pick<LabeledRow, "views" | "instructions">;

/**
 * A few pairs of every iteration with the views of both sides: those with the widest gaps between two samples that have
 * views.
 * @param most pictures of an iteration
 */
export async function pictures(run: string, most: number): Promise<Picture[]> {
  const parts = (await namesIn(run)).filter((name) => /^iter_\d+$/.test(name));
  const found = await Promise.all(parts.map((part) => picturesOf(join(run, part), part, most)));
  return found.flat();
}

async function picturesOf(folder: string, part: string, most: number): Promise<Picture[]> {
  const all = await readJson<PairRow[]>(join(folder, "dpo_pairs.json"));
  const widest = all.filter(({ kind }) => kind === "view_over_view").toSorted((a, b) => b.gap - a.gap);
  // Each side of a pair has a view at least, so these are enough.
  const pairs = widest.slice(0, Math.ceil(most / 2));
  const samples = await samplesOf(folder, pairs);
  const shown = pairs.flatMap((pair, at) => {
    const sides = [
      { side: "chosen", rollout: pair.chosen_rollout, score: pair.chosen_score },
      { side: "rejected", rollout: pair.rejected_rollout, score: pair.rejected_score },
    ];
    return sides.flatMap(({ side, rollout, score }) => {
      const { views = [], instructions = [] } = samples.get(sampleName(pair.question_id, rollout)) ?? {};
      return views.map((view, place) => ({
        part,
        name: `pair ${at + 1}/${side}${place === 0 ? "" : ` ${place + 1}`}`,
        caption: `${pair.question_id} · score ${share(score)} · ${instructions[place] ?? ""}`,
        file: join(folder, view),
      }));
    });
  });
  return shown.slice(0, most);
}

async function samplesOf(folder: string, pairs: readonly PairRow[]): Promise<Map<string, Sample>> {
  const wanted = sampleNames(pairs);
  const found = new Map<string, Sample>();
  for await (const row of labeledRows(folder)) {
    const name = sampleName(row.question_id, row.rollout);
    if (wanted.has(name)) found.set(name, row);
  }
  return found;
}

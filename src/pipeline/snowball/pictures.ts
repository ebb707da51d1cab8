import { join } from "node:path";
import { isMissing, namesIn } from "../../artifact/disk.ts";
import { readJson, readJsonLines } from "../../artifact/files.ts";
import { share } from "../../contract/table.ts";
import type { LabeledRow, PairRow } from "../../preference/rows.ts";
import type { Picture } from "../../run/tracked.ts";

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
      const { views = [], instructions = [] } = samples.get(nameOf(pair.question_id, rollout)) ?? {};
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

/** The samples of these pairs; none where the pairs are a person's own. */
async function samplesOf(folder: string, pairs: readonly PairRow[]): Promise<Map<string, Sample>> {
  const wanted = new Set(
    pairs.flatMap((pair) =>
      [pair.chosen_rollout, pair.rejected_rollout].map((rollout) => nameOf(pair.question_id, rollout)),
    ),
  );
  const found = new Map<string, Sample>();
  try {
    for await (const row of readJsonLines<LabeledRow>(join(folder, "labeled.jsonl"))) {
      const name = nameOf(row.question_id, row.rollout);
      if (wanted.has(name)) found.set(name, row);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return found;
}

function nameOf(question: string, rollout: number): string {
  return `${rollout} ${question}`;
}

import { join } from "node:path";
import { readJson } from "../../../artifact/files.ts";
import { namesIn } from "../../../artifact/disk.ts";
import type { PairRow } from "../../../preference/rows.ts";

/** Folders of views in a run folder whose sample is in no pair: `iter_N/generated_images/<id>/rollout_<k>`. */
export async function unpairedViews(run: string): Promise<string[]> {
  const found: string[] = [];
  for (const iteration of (await namesIn(run)).filter((name) => /^iter_\d+$/.test(name))) {
    const shown = await pairedSamples(join(run, iteration, "dpo_pairs.json"));
    const images = join(run, iteration, "generated_images");
    for (const id of await namesIn(images)) {
      for (const rollout of await namesIn(join(images, id))) {
        if (!shown.has(`${id}/${rollout}`)) found.push(join(images, id, rollout));
      }
    }
  }
  return found;
}

async function pairedSamples(file: string): Promise<Set<string>> {
  const pairs = await readJson<PairRow[]>(file);
  return new Set(
    pairs.flatMap(({ question_id: id, chosen_rollout: chosen, rejected_rollout: rejected }) => [
      `${id}/rollout_${chosen}`,
      `${id}/rollout_${rejected}`,
    ]),
  );
}

import { join } from "node:path";
import { namesIn } from "../../../artifact/disk.ts";
import { plural } from "../../../numbers.ts";
import type { Adopted, AdoptInput } from "../../pipeline.ts";
import { readText, readValue } from "./files.ts";
import { type Examined, examine } from "./iteration.ts";
import { leaksOf } from "./leaks.ts";
import { recipeFrom, type ScriptConfig } from "./recipe.ts";
import { sectionsOf } from "./sections.ts";
import { linesOf, tableOf, verdictsOf } from "./told.ts";

/** The iterations of a folder that the field's scripts wrote, or of Snowball's own without its store. */
export async function adopt({ folder, images, system, name, ...paths }: AdoptInput): Promise<Adopted | null> {
  const names = (await namesIn(folder)).filter((each) => /^iter_\d+$/.test(each));
  const config = (await readValue<ScriptConfig>(join(folder, "config.json"))).found;
  if (names.length === 0 || config === null) return null;
  const then = config.image_root ?? config.data?.image_root;
  const roots = { now: images ?? paths.fromRoot(then ?? "."), then };
  const places = names.map((each) => Number(each.slice("iter_".length))).toSorted((a, b) => a - b);
  const shards = shardsOf((await readValue<unknown>(join(folder, "shards.json"))).found);
  const log = await readText(join(folder, "iterative_dpo.log"));
  const found: Examined[] = [];
  for (const iteration of places) {
    const made = found
      .filter(({ pairs }) => pairs > 0)
      .map((each) => ({ iteration: each.iteration, policy: each.policy }));
    const one = await examine({
      run: folder,
      iteration,
      evidence: { log, resumedAt: config.resume_iter ?? 0, made },
      shard: shards?.[iteration] ?? null,
      method: config.scoring_method ?? config.scoring?.method,
      roots,
      system,
      earlierPairs: found.reduce((sum, { pairs }) => sum + pairs, 0),
    });
    const leaks = await leaksOf(one, [...found, one], roots);
    const gap = iteration === found.length ? [] : [`iter_${found.length} is missing before it.`];
    found.push({ ...one, problems: [...gap, ...one.problems, ...leaks] });
  }
  const verdicts = verdictsOf(found);
  const trusted = found.slice(0, verdicts.trusted);
  const kept = trusted.flatMap((each) => each.kept);
  const title = `${plural(found.length, "iteration")} of ${config.dataset ?? "a data set"}`;
  const lines = linesOf(found, verdicts, system);
  return {
    title,
    lines,
    trusted: verdicts.trusted,
    tables: [tableOf(found, verdicts)],
    sections: await sectionsOf(found, roots.now),
    goOn:
      kept.length === 0
        ? null
        : {
            pairs: kept.map(({ row }) => row),
            pipeline: "single-round",
            recipe: (pairs) =>
              recipeFrom(config, { name, pairs, images: paths.toRoot(roots.now), toRoot: paths.toRoot }),
          },
  };
}

/** Lists of ids, alone or beside those that are held out. */
function shardsOf(written: unknown): ReadonlySet<string>[] | null {
  const lists = Array.isArray(written) ? written : (written as { shards?: unknown } | null)?.shards;
  if (!Array.isArray(lists)) return null;
  return lists.map((ids) => new Set((ids as unknown[]).map(String)));
}

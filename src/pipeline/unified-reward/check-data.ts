import { readVerdict } from "../../benchmark/pairwise-verdict.ts";
import { plural } from "../../contract/table.ts";
import { rowSentence, type RowProblem } from "../../dataset/problems.ts";
import type { Demonstration } from "../../dataset/sets/example.ts";
import { usableExamples } from "../../dataset/sets/usable.ts";
import { imageFolder } from "../../dataset/source.ts";
import { checkBenchmarks } from "../../measuring/check-data.ts";
import { setName } from "../../recipe/parts/mixture.ts";
import type { CheckedData, CheckOptions } from "../pipeline.ts";
import { pairProblem } from "./pairs.ts";
import type { Recipe } from "./recipe.ts";

/** Why a chain of the user's own cannot teach the format, as the end of a sentence. */
export function chainProblem({ answer }: Demonstration): string | null {
  if (readVerdict(answer, "Image") !== null || readVerdict(answer, "Answer") !== null) return null;
  return "its answer has no verdict: one <answer> with Image 1 is better (or Image 2, Answer 1, Answer 2) in it is needed";
}

/** Looks at every chain, pair and image, and at every benchmark, and reports what cannot be used. */
export async function checkData(root: string, recipe: Recipe, options: CheckOptions): Promise<CheckedData> {
  const { signal, onProgress, report, state } = options;
  const using = { signal, onProgress };
  const sets: { stage: string; set: string; rows: number; images: number; left_out: number }[] = [];
  const tell = (file: string, problems: readonly RowProblem[]): void => {
    for (const each of problems) {
      const { row, id } = each;
      report({ file, row, ...(id !== undefined && { id }), sentence: rowSentence(file, each) });
    }
  };
  for (const set of recipe.cold_start?.data ?? []) {
    const how = { ...using, check: chainProblem };
    const folder = imageFolder(root, set, state);
    const { examples, images, problems } = await usableExamples(root, set, "demonstration", folder, how);
    tell(set.path, problems);
    const about = { stage: "cold_start", set: setName(set), rows: examples.length, images: images.size };
    sets.push({ ...about, left_out: problems.length });
  }
  for (const set of recipe.sampling?.data ?? []) {
    const { path, format } = set;
    const how = { ...using, check: pairProblem };
    const folder = imageFolder(root, set, state);
    const { examples, images, problems } = await usableExamples(root, { path, format }, "item", folder, how);
    tell(path, problems);
    const about = { stage: "sampling", set: setName(set), rows: examples.length, images: images.size };
    sets.push({ ...about, left_out: problems.length });
  }
  const benchmarks = await checkBenchmarks(root, recipe, options);
  return {
    json: { sets, ...benchmarks.json },
    lines: [
      ...sets.map(
        ({ stage, set, rows, images }) =>
          `usable    ${stage} ${set}: ${plural(rows, "row")} · ${plural(images, "image")}`,
      ),
      ...benchmarks.lines,
    ],
  };
}

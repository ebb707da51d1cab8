import { plural } from "../../contract/table.ts";
import { rowSentence } from "../../dataset/problems.ts";
import { usableExamples } from "../../dataset/sets/usable.ts";
import { imageFolder } from "../../dataset/source.ts";
import { checkBenchmarks } from "../../measuring/check-data.ts";
import type { CheckedData, CheckOptions } from "../pipeline.ts";
import { checkOf, READS } from "./mixture.ts";
import { setName } from "../../recipe/parts/mixture.ts";
import { type Recipe, stagesOf } from "./recipe.ts";

/** Looks at every row and image of every stage's data and of every benchmark, and reports what cannot be used. */
export async function checkData(root: string, recipe: Recipe, options: CheckOptions): Promise<CheckedData> {
  const sets = [];
  for (const { name: stage, block } of stagesOf(recipe)) {
    for (const set of block.data) {
      const using = { signal: options.signal, onProgress: options.onProgress, check: checkOf(recipe, stage) };
      const folder = imageFolder(root, set, options.state);
      const { examples, images, problems } = await usableExamples(root, set, READS[stage], folder, using);
      for (const each of problems) {
        const { row, id } = each;
        options.report({ file: set.path, row, ...(id !== undefined && { id }), sentence: rowSentence(set.path, each) });
      }
      sets.push({ stage, set: setName(set), rows: examples.length, images: images.size, left_out: problems.length });
    }
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

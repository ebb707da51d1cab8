import { benchmarkOf } from "../benchmark/index.ts";
import { plural } from "../contract/table.ts";
import { checkImages } from "../dataset/check-images.ts";
import { allRows } from "../dataset/check-rows.ts";
import { questionRows } from "../dataset/questions.ts";
import { rowSentence } from "../dataset/problems.ts";
import { imageFolder, questionFile } from "../dataset/source.ts";
import type { CheckedData, CheckOptions } from "../pipeline/pipeline.ts";
import { type MeasuringRecipe, nameOf } from "./recipe.ts";

/** Looks at every question and image of every benchmark, and reports what cannot be asked or judged. */
export async function checkBenchmarks(
  root: string,
  recipe: Pick<MeasuringRecipe, "benchmarks">,
  options: CheckOptions,
): Promise<CheckedData> {
  const usable = [];
  for (const each of recipe.benchmarks) {
    const { benchmark, data } = each;
    const { questions, rows } = await allRows(
      data.path,
      questionRows(questionFile(root, data, benchmarkOf(benchmark).set)),
      options.report,
    );
    const { problem } = benchmarkOf(benchmark);
    const images = await checkImages(imageFolder(root, data), [{ name: data.path, questions, rows }], options);
    let judged = 0;
    for (const [at, question] of questions.entries()) {
      const pixels = question.images.map((name) => images.get(name) ?? name);
      const what = problem(question, pixels);
      if (what === undefined) judged++;
      else tell(data.path, { row: rows[at]!, id: question.id, problem: `${what}, which ${benchmark} needs` }, options);
    }
    usable.push({ benchmark: nameOf(each), questions: judged, images: images.size });
  }
  return {
    json: { benchmarks: usable },
    lines: usable.map(
      ({ benchmark, questions, images }) =>
        `usable    ${benchmark}: ${plural(questions, "question")} · ${plural(images, "image")}`,
    ),
  };
}

function tell(file: string, at: { row: number; id: string; problem: string }, { report }: CheckOptions): void {
  report({ file, row: at.row, id: at.id, sentence: rowSentence(file, at) });
}

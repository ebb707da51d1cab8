import { comparisonOf, labelOf, placeOf } from "./comparison.ts";
import type { DataSet } from "./example.ts";
import { given, idOf, imagesIn } from "./fields.ts";

const IMAGES = ["images", "image"];
const ASKED = ["caption", "question", "prompt"];

/**
 * The plain shape of a comparison: {id, images: [one, other], caption, better: 1 or 2} for two images made for a
 * caption, {id, image, question, answers: [one, other], better} for two answers to a question about an image. `type`
 * is what tables break results down by. The caption may be called question or prompt.
 */
export const pairwise: DataSet = {
  fields: ["id", ...IMAGES, ...ASKED, "answers", "better", "type", "source"],
  imageFields: IMAGES,
  labels: ["type", "source"],
  as: {
    item(row, number) {
      const id = idOf(row, number);
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return { id, problem: images.problem };
      const field = ASKED.find((name) => given(row[name])) ?? ASKED[0]!;
      const better = placeOf(row["better"]);
      if (better === undefined) {
        return { id, problem: `better is ${JSON.stringify(row["better"] ?? null)}; 1 or 2 is needed` };
      }
      const { answers } = row;
      if (given(answers) && !Array.isArray(answers)) return { id, problem: "answers is no list; two texts are needed" };
      return comparisonOf({
        id,
        images: images.names,
        question: row[field],
        field,
        answers: Array.isArray(answers) ? answers : undefined,
        better,
        type: labelOf(row["type"]),
        source: labelOf(row["source"]),
      });
    },
  },
};

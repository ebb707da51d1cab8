import type { DataSet, Fields } from "./example.ts";
import { idOf, imagesIn, type Problem } from "./fields.ts";
import { labelOf } from "./comparison.ts";
import { extremesOf } from "./hpd.ts";

const IMAGES = ["img_path", "image", "images"];

/**
 * EvalMuse-40K (arXiv 2412.18150): images for a prompt, each with the scores that people gave it. A row is {prompt_id,
 * prompt, type, img_path, total_score: [a number of each rater], …}; the rows of a prompt together are one comparison,
 * of the image with the highest mean score and the one with the lowest. A prompt whose images are all alike, or that has
 * one, is passed over.
 */
export const evalmuse: DataSet = {
  fields: ["prompt_id", ...IMAGES, "prompt", "type", "total_score"],
  imageFields: IMAGES,
  labels: ["type"],
  groupedBy: "prompt_id",
  as: {
    item({ rows }, number) {
      const all = rows as readonly Fields[];
      const [first] = all;
      const id = idOf(first!, number, "prompt_id");
      const names: string[] = [];
      const scores: number[] = [];
      for (const row of all) {
        const images = imagesIn(row, IMAGES);
        if ("problem" in images) return { id, problem: images.problem };
        const score = scoreIn(row);
        if (typeof score !== "number") return { id, problem: score.problem };
        names.push(images.names[0]!);
        scores.push(score);
      }
      return extremesOf({
        id,
        question: first!["prompt"],
        field: "prompt",
        names,
        scores,
        type: labelOf(first!["type"]),
      });
    },
  },
};

/** The mean over the raters. */
function scoreIn(row: Fields): number | Problem {
  const given = row["total_score"];
  const numbers = (Array.isArray(given) ? given : [given]).map((each) => (given === null ? Number.NaN : Number(each)));
  if (numbers.length > 0 && numbers.every(Number.isFinite)) {
    return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  }
  return { problem: `total_score is ${JSON.stringify(given ?? null)}; a number, or one of each rater, is needed` };
}

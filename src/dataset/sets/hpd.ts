import { comparisonOf } from "./comparison.ts";
import type { DataSet, Fields } from "./example.ts";
import { given, idOf, imagesIn, type Problem } from "./fields.ts";

const IMAGES = ["file_path", "image_path", "images", "path1", "path2"];

/**
 * Human Preference Dataset: images for a prompt, of which people prefer one. HPDv2 (arXiv 2306.09341) has {prompt,
 * file_path: [two], human_preference: [1, 0]} to train with, and {prompt, image_path: [several], rank: [1 is best, …]} to
 * test with, of which the best and the worst are compared; HPDv3 (arXiv 2508.03789) has {prompt, path1, path2}, the first
 * preferred. A tie is no comparison, and is passed over.
 */
export const hpd: DataSet = {
  fields: ["id", ...IMAGES, "prompt", "human_preference", "rank"],
  imageFields: IMAGES,
  labels: [],
  as: {
    item(row, number) {
      const id = idOf(row, number);
      const about = { id, question: row["prompt"], field: "prompt" };
      if (given(row["path1"])) {
        const [first, second] = [imagesIn(row, ["path1"]), imagesIn(row, ["path2"])];
        if ("problem" in first) return { id, problem: first.problem };
        if ("problem" in second) return { id, problem: second.problem };
        return comparisonOf({ ...about, images: [...first.names, ...second.names], better: 1 });
      }
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return { id, problem: images.problem };
      const scores = scoresIn(row, images.names.length);
      if ("problem" in scores) return { id, problem: scores.problem };
      return extremesOf({ ...about, names: images.names, scores: scores.values });
    },
  },
};

/** Larger is better. */
function scoresIn(row: Fields, images: number): { readonly values: readonly number[] } | Problem {
  const field = given(row["rank"]) ? "rank" : "human_preference";
  const values = row[field];
  const numbers = Array.isArray(values) ? values.map(Number) : [];
  if (numbers.length !== images || !numbers.every(Number.isFinite)) {
    return {
      problem: `${field} is ${JSON.stringify(values ?? null)}; a number for each of its ${images} images is needed`,
    };
  }
  return { values: field === "rank" ? numbers.map((rank) => -rank) : numbers };
}

/** Images for one prompt with their scores: the best against the worst, in their order; nothing where all are alike. */
export function extremesOf({
  names,
  scores,
  ...about
}: {
  readonly id: string;
  readonly question: unknown;
  readonly field: string;
  readonly names: readonly string[];
  readonly scores: readonly number[];
  readonly type?: string | undefined;
}): ReturnType<typeof comparisonOf> {
  const best = scores.indexOf(Math.max(...scores));
  const worst = scores.indexOf(Math.min(...scores));
  if (best === worst || scores[best] === scores[worst]) return { examples: [] };
  const images = [Math.min(best, worst), Math.max(best, worst)].map((at) => names[at]!);
  return comparisonOf({ ...about, images, better: best < worst ? 1 : 2 });
}

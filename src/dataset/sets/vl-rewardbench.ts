import { comparisonOf, labelOf } from "./comparison.ts";
import type { DataSet } from "./example.ts";
import { given, idOf, imagesIn, questionOf } from "./fields.ts";

const IMAGES = ["image", "images"];

/**
 * The families that its figures are given by, told by how an id begins, as the field's evaluations do; all others are
 * general.
 */
const FAMILIES: readonly (readonly [beginning: RegExp, family: string])[] = [
  [/^(?:RLAIF|RLHF)[-_]/i, "hallucination"],
  [/^(?:mathverse|mmmu)[-_]/i, "reasoning"],
];

/**
 * VL-RewardBench (arXiv 2411.17451): two answers to a question about an image. A row is {id, query, image, response:
 * [one, other], human_ranking: [0, 1]}; the one with rank 0 is better. Tables break down by its families: general,
 * hallucination, reasoning.
 */
export const vlRewardbench: DataSet = {
  fields: ["id", ...IMAGES, "query", "response", "human_ranking", "query_source"],
  imageFields: IMAGES,
  labels: ["query_source"],
  as: {
    item(row, number) {
      const id = idOf(row, number);
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return { id, problem: images.problem };
      const { response, human_ranking: ranking } = row;
      if (!Array.isArray(response) || response.length !== 2)
        return { id, problem: "response is no list of two answers" };
      const ranks = Array.isArray(ranking) ? ranking.map(Number) : [];
      const better = ranks.length === 2 ? ranks.indexOf(0) : -1;
      if (better < 0 || ranks[0] === ranks[1]) {
        return { id, problem: `human_ranking is ${JSON.stringify(numbers(ranking))}; [0, 1] or [1, 0] is needed` };
      }
      const query = questionOf("query", row["query"]);
      if ("problem" in query) return { id, problem: query.problem };
      return comparisonOf({
        id,
        images: images.names,
        question: query.text,
        field: "query",
        answers: response,
        better: better === 0 ? 1 : 2,
        type: FAMILIES.find(([beginning]) => beginning.test(id))?.[1] ?? "general",
        source: labelOf(row["query_source"]),
      });
    },
  },
};

/** Parquet's whole numbers, which JSON does not know. */
function numbers(value: unknown): unknown {
  return Array.isArray(value) ? value.map(Number) : given(value) ? String(value) : null;
}

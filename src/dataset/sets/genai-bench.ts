import { comparisonOf } from "./comparison.ts";
import type { DataSet } from "./example.ts";
import { idOf, imagesIn } from "./fields.ts";

const IMAGES = ["left_image", "right_image"];

/** Votes by their first word; ties and "both are bad" say nothing of which is better. */
const VOTES: ReadonlyMap<string, 1 | 2 | null> = new Map([
  ["left", 1],
  ["right", 2],
  ["tie", null],
  ["both", null],
]);

/**
 * GenAI-Bench (arXiv 2406.04485), image generation: {prompt, left_image, right_image, vote_type}, with leftvote,
 * rightvote, tievote and bothbad_vote. Ties are no comparisons, and are passed over, as the field's evaluations do.
 */
export const genaiBench: DataSet = {
  fields: ["id", ...IMAGES, "prompt", "vote_type"],
  imageFields: IMAGES,
  labels: ["vote_type"],
  as: {
    item(row, number) {
      const id = idOf(row, number);
      const vote = row["vote_type"];
      const better = VOTES.get(/^(left|right|tie|both)/i.exec(String(vote))?.[1]?.toLowerCase() ?? "");
      if (better === undefined) {
        return {
          id,
          problem: `vote_type is ${JSON.stringify(vote ?? null)}; leftvote, rightvote, tievote or bothbad_vote is needed`,
        };
      }
      if (better === null) return { examples: [] };
      const [left, right] = [imagesIn(row, ["left_image"]), imagesIn(row, ["right_image"])];
      if ("problem" in left) return { id, problem: left.problem };
      if ("problem" in right) return { id, problem: right.problem };
      const images = [...left.names, ...right.names];
      return comparisonOf({ id, images, question: row["prompt"], field: "prompt", better });
    },
  },
};

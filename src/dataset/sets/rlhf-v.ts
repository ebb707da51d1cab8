import type { DataSet, Fields, Preference } from "./example.ts";
import { idOf, imagesIn, type Problem, questionOf, textIn } from "./fields.ts";

const IMAGES = ["image", "images", "image_path"];

/**
 * RLHF-V (arXiv 2312.00849) and RLAIF-V (arXiv 2405.17220): fine-grained corrections of hallucinations.
 *
 * A row is {image, text, origin_dataset, origin_split, idx, image_path}. `text` is {question, chosen, rejected}, as an
 * object or as JSON in a text; RLAIF-V has the three in the row itself. A pair, and its chosen answer as a
 * demonstration.
 */
export const rlhfV: DataSet = {
  fields: ["id", ...IMAGES, "text", "question", "chosen", "rejected", "origin_dataset", "origin_split", "ds_name"],
  imageFields: IMAGES,
  labels: ["origin_dataset", "origin_split"],
  as: {
    preference(row, number) {
      const read = pairIn(row, number);
      return "problem" in read ? read : { examples: [read] };
    },
    demonstration(row, number) {
      const read = pairIn(row, number);
      if ("problem" in read) return read;
      const { id, image, prompt, chosen } = read;
      return { examples: [{ id, image, prompt, answer: chosen }] };
    },
  },
};

function pairIn(row: Fields, number: number): Preference | Problem {
  const id = idOf(row, number);
  const told = toldIn(row);
  if ("problem" in told) return { id, problem: told.problem };
  const images = imagesIn(row, IMAGES);
  if ("problem" in images) return { id, problem: images.problem };
  const question = questionOf("question", told.row["question"]);
  if ("problem" in question) return { id, problem: question.problem };
  const chosen = textIn(told.row, "chosen");
  if ("problem" in chosen) return { id, problem: chosen.problem };
  const rejected = textIn(told.row, "rejected");
  if ("problem" in rejected) return { id, problem: rejected.problem };
  if (chosen.text === rejected.text) {
    return { id, problem: "chosen and rejected are the same text; nothing can be preferred" };
  }
  return { id, image: images.names, prompt: question.text, chosen: chosen.text, rejected: rejected.text };
}

/** What holds question, chosen and rejected. */
function toldIn(row: Fields): { readonly row: Fields } | Problem {
  const { text } = row;
  if (text === undefined || text === null) return { row };
  let told: unknown = text;
  if (typeof text === "string") {
    try {
      told = JSON.parse(text);
    } catch {
      return { problem: "text is no JSON; an object with question, chosen and rejected is needed" };
    }
  }
  if (typeof told !== "object" || told === null || Array.isArray(told)) {
    return { problem: "text is no object; one with question, chosen and rejected is needed" };
  }
  return { row: told as Fields };
}

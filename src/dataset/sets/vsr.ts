import type { DataSet, Fields } from "./example.ts";
import { idOf, imagesIn, type Problem, textIn } from "./fields.ts";

const IMAGES = ["image", "images"];

/** Says whether a caption is true of an image. */
export function askTruth(caption: string): string {
  return `Is this sentence about the image true or false? ${caption}\nAnswer with true or false.`;
}

/**
 * VSR, Visual Spatial Reasoning (arXiv 2205.00363): is a sentence about two things in a picture true? A row is {image,
 * image_link, caption, label, relation}: the file's name in COCO, its address, and 1 for true or 0 for false.
 */
export const vsr: DataSet = {
  fields: ["id", ...IMAGES, "image_link", "caption", "label", "relation"],
  imageFields: IMAGES,
  addressField: "image_link",
  labels: ["relation", "label"],
  as: {
    task(row, number) {
      const read = sentenceIn(row, number);
      if ("problem" in read) return read;
      const { id, image, caption, truth } = read;
      return { examples: [{ id, image, prompt: askTruth(caption), truth, kind: "spatial" }] };
    },
    item(row, number) {
      const read = sentenceIn(row, number);
      if ("problem" in read) return read;
      const { id, image: images, caption: question, truth: answer, relation } = read;
      return { examples: [{ id, images, question, answer, question_type: relation, scene: images[0]! }] };
    },
  },
};

const LABELS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...([1, 1n, "1", true, "true", "True"] as const).map((label) => [label, "true"] as const),
  ...([0, 0n, "0", false, "false", "False"] as const).map((label) => [label, "false"] as const),
]);

function sentenceIn(row: Fields, number: number) {
  const id = idOf(row, number);
  const fail = ({ problem }: Problem): Problem => ({ id, problem });
  const caption = textIn(row, "caption");
  if ("problem" in caption) return fail(caption);
  const truth = LABELS.get(row["label"]);
  if (truth === undefined) {
    return fail({ problem: `label is ${JSON.stringify(row["label"] ?? null)}; 1 (true) or 0 (false) is needed` });
  }
  const images = imagesIn(row, IMAGES, "image_link");
  if ("problem" in images) return fail(images);
  const { relation } = row;
  const named = typeof relation === "string" && relation.trim() !== "" ? relation.trim() : "all";
  return { id, image: images.names, caption: caption.text, truth, relation: named };
}

import type { DataSet, Fields, TaskKind } from "./example.ts";
import { idOf, imagesIn, type Problem, questionOf, textIn } from "./fields.ts";

const IMAGES = ["image", "images"];
const KINDS: readonly unknown[] = ["spatial", "counting"];

/** Rows that are in the neutral shapes already: see Demonstration, Preference and Task. */
export const plain: DataSet = {
  fields: ["id", ...IMAGES, "prompt", "answer", "chosen", "rejected", "truth", "kind"],
  imageFields: IMAGES,
  labels: ["kind"],
  as: {
    demonstration(row, number) {
      const read = textsIn(row, number, ["answer"]);
      return "problem" in read ? read : { examples: [{ ...read.asked, answer: read.texts["answer"]! }] };
    },
    preference(row, number) {
      const read = textsIn(row, number, ["chosen", "rejected"]);
      if ("problem" in read) return read;
      const { chosen = "", rejected = "" } = read.texts;
      if (chosen === rejected) {
        return { id: read.asked.id, problem: "chosen and rejected are the same text; nothing can be preferred" };
      }
      return { examples: [{ ...read.asked, chosen, rejected }] };
    },
    task(row, number) {
      const read = textsIn(row, number, ["truth"]);
      if ("problem" in read) return read;
      const { asked, texts } = read;
      const kind = row["kind"];
      if (!KINDS.includes(kind)) {
        return { id: asked.id, problem: `kind is ${JSON.stringify(kind ?? null)}; spatial or counting is needed` };
      }
      const truth = texts["truth"]!;
      if (kind === "counting" && !/^(?:0|[1-9]\d*)$/.test(truth)) {
        return {
          id: asked.id,
          problem: `it counts, but its truth ${JSON.stringify(truth)} is no whole number in digits`,
        };
      }
      return { examples: [{ ...asked, truth, kind: kind as TaskKind }] };
    },
  },
};

function textsIn(row: Fields, number: number, fields: readonly string[]) {
  const id = idOf(row, number);
  const fail = ({ problem }: Problem): Problem => ({ id, problem });
  const images = imagesIn(row, IMAGES);
  if ("problem" in images) return fail(images);
  const prompt = questionOf("prompt", row["prompt"]);
  if ("problem" in prompt) return fail(prompt);
  const texts: Record<string, string> = {};
  for (const field of fields) {
    const read = textIn(row, field);
    if ("problem" in read) return fail(read);
    texts[field] = read.text;
  }
  return { asked: { id, image: images.names, prompt: prompt.text }, texts };
}

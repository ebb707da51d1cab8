import { letterOf, readOptions, withOptions } from "../options.ts";
import type { DataSet } from "./example.ts";
import { given, idOf, imagesIn, type Problem, questionOf } from "./fields.ts";

const IMAGES = ["image", "images", "filename"];

/**
 * CV-Bench (arXiv 2406.16860): counting, relation, depth and distance as questions with choices. A row is {idx, type
 * (2D or 3D), task, image, question, choices, answer ("(A)"), prompt, filename, source}. `prompt` is the question with
 * its choices; a row without one gets them behind its question.
 */
export const cvBench: DataSet = {
  fields: ["id", "idx", "type", "task", ...IMAGES, "question", "choices", "answer", "prompt", "source"],
  imageFields: IMAGES,
  labels: ["type", "task", "source"],
  as: {
    item(row, number) {
      const id = given(row["id"]) ? idOf(row, number) : idOf(row, number, "idx");
      const fail = ({ problem }: Problem): Problem => ({ id, problem });
      const question = questionOf("question", row["question"]);
      if ("problem" in question) return fail(question);
      const prompt = given(row["prompt"]) ? questionOf("prompt", row["prompt"]) : question;
      if ("problem" in prompt) return fail(prompt);
      if (!given(row["choices"])) return fail({ problem: "choices is missing; the texts of the options are needed" });
      const choices = readOptions("choices", row["choices"]);
      if ("problem" in choices) return fail(choices);
      const { answer } = row;
      if (typeof answer !== "string" || answer.trim() === "") return fail({ problem: "answer is missing or empty" });
      const truth = letterOf(answer, choices.texts);
      if ("problem" in truth) return fail({ problem: `answer ${truth.problem}` });
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return fail(images);
      const asked = {
        id,
        images: images.names,
        question: withOptions(prompt.text, choices.texts),
        answer: truth.letter,
        question_type: labelOf(row["task"]) ?? "all",
        scene: images.names[0]!,
      };
      const source = labelOf(row["source"]);
      return { examples: [source === undefined ? asked : { ...asked, source }] };
    },
  },
};

function labelOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

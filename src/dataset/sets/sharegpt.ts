import { type Turn, turnsOf } from "../../preference/pair-shapes.ts";
import type { DataSet, Fields } from "./example.ts";
import { given, idOf, imagesIn, type Problem, questionOf, textOf } from "./fields.ts";

const IMAGES = ["images", "image"];
const TURNS = ["conversations", "messages"];

/**
 * One question about images and its answer in the sharegpt shape, as LLaMA-Factory and the field's chains of thought
 * have it: {conversations: [{from, value}], images} or {messages: [{role, content}], images}, with a system text as
 * `system` or as the first turn. Markers of images stand before or behind the question.
 */
export const sharegpt: DataSet = {
  fields: ["id", ...IMAGES, ...TURNS, "system"],
  imageFields: IMAGES,
  labels: [],
  as: {
    demonstration(row, number) {
      const id = idOf(row, number);
      const fail = ({ problem }: Problem): Problem => ({ id, problem });
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return fail(images);
      const told = conversationIn(row);
      if ("problem" in told) return fail(told);
      const marked = told.question.split("<image>").length - 1;
      if (marked > 0 && marked !== images.names.length) {
        return fail({ problem: `the question marks ${marked} images, but the row names ${images.names.length}` });
      }
      const prompt = questionOf("question", told.question);
      if ("problem" in prompt) return fail(prompt);
      const answer = textOf("answer", told.answer);
      if ("problem" in answer) return fail(answer);
      const system = given(told.system) ? textOf("system", told.system) : undefined;
      if (system && "problem" in system) return fail(system);
      const texts = { prompt: prompt.text, answer: answer.text };
      return { examples: [{ id, image: images.names, ...(system && { system: system.text }), ...texts }] };
    },
  },
};

interface Conversation {
  readonly system: unknown;
  readonly question: string;
  readonly answer: string;
}

function conversationIn(row: Fields): Conversation | Problem {
  const field = TURNS.find((name) => given(row[name])) ?? TURNS[0]!;
  const turns = turnsOf(row[field]);
  if (typeof turns === "string") return { problem: `${field} ${turns}` };
  const [first] = turns;
  const asked: readonly Turn[] = first?.role === "system" ? turns.slice(1) : turns;
  const [user, assistant] = asked;
  if (asked.length !== 2 || user?.role !== "user" || assistant?.role !== "assistant") {
    return { problem: `${field} has ${asked.length} turns; one question of the user and its answer are needed` };
  }
  const system = first?.role === "system" ? first.text : row["system"] === "" ? undefined : row["system"];
  return { system, question: user.text, answer: assistant.text };
}

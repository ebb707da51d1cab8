import { join } from "node:path";
import type { Content, Message } from "../../model/vlm/backend.ts";
import type { Example } from "./examples.ts";

/** How long VQA's answers are, said to a model that would otherwise explain itself. */
const SHORT = "Answer with a word or a short phrase.";

/**
 * The query behind examples that are answered, all in one turn: pictures, question and answer of each, then the query's.
 * @param images of an example: its paths, or their digests where a key is made
 */
export function inContext(
  query: Example,
  examples: readonly Example[],
  images: (example: Example) => readonly string[],
): Message[] {
  const shown = examples.flatMap((each) => [...pictures(images(each)), text(shownText(each))]);
  return [{ role: "user", content: [...shown, ...pictures(images(query)), text(askedText(query))] }];
}

/** What an example says, behind its pictures. */
export function shownText({ question, answer }: Pick<Example, "question" | "answer">): string {
  return `Question: ${question}\nAnswer: ${answer}\n`;
}

/** What is asked in the end. */
export function askedText({ question }: Pick<Example, "question">): string {
  return `${SHORT}\nQuestion: ${question}\nAnswer:`;
}

/** Absolute paths of an example's pictures, whose names start at the worker's root. */
export function pathsBelow(root: string): (example: Example) => string[] {
  return ({ images }) => images.map((name) => join(root, name));
}

function pictures(names: readonly string[]): Content[] {
  return names.map((image) => ({ type: "image", image }));
}

function text(content: string): Content {
  return { type: "text", text: content };
}

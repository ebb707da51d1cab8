import type { Question } from "../dataset/question.ts";
import type { Content, Message } from "../model/vlm/backend.ts";
import { fillTemplate } from "./template.ts";

/** What the recipe's prompt files hold. Every text is trimmed: a file's last newline is no part of a prompt. */
export interface PlannerTexts {
  readonly system: string;
  /** The user's turn, with `{question}` and, if wanted, `{max_instructions}`. */
  readonly template: string;
}

export interface AnswerTexts {
  /** The question to the critic or the evaluator, with `{question}`. */
  readonly answer: string;
}

/** What the critic is asked beside that: no more than the recipe's scoring needs. */
export interface CriticTexts extends AnswerTexts {
  /** For a rating of the views, with `{question}`, in two wordings. */
  readonly rate?: string;
  readonly rate_again?: string;
  /** For the similarity of `{answer}` to `{truth}`, with `{question}` if wanted, in two wordings. */
  readonly similarity?: string;
  readonly similarity_again?: string;
}

/** The marker that Qwen-VL-Series-Finetune replaces by an image's tokens. */
export const IMAGE_MARKER = "<image>";

/** The user text that the planner sees after the images. */
export function plannerText(question: Question, texts: PlannerTexts, maxInstructions: number): string {
  return fillTemplate(texts.template, { question: question.question, max_instructions: String(maxInstructions) });
}

/**
 * What the planner is asked, for rollout and for training alike.
 * @param images absolute paths of the given images, in the question's order
 */
export function plannerMessages(
  question: Question,
  images: readonly string[],
  texts: PlannerTexts,
  maxInstructions: number,
): Message[] {
  return [
    { role: "system", content: [{ type: "text", text: texts.system.trim() }] },
    { role: "user", content: imagesThenText(images, plannerText(question, texts, maxInstructions)) },
  ];
}

/**
 * What the critic or the evaluator is asked: the given images, then the views, then the question.
 * @param images absolute paths; without views this is the baseline that a score is measured against
 */
export function answerMessages(question: Question, images: readonly string[], texts: AnswerTexts): Message[] {
  return [
    { role: "user", content: imagesThenText(images, fillTemplate(texts.answer, { question: question.question })) },
  ];
}

/** What the critic is asked for a rating: the given images, then the views to be rated, then the text. */
export function ratingMessages(question: Question, images: readonly string[], text: string): Message[] {
  return answerMessages(question, images, { answer: text });
}

/** What the critic is asked for the similarity of an answer to the true one: text alone, so that no image sways it. */
export function similarityMessages(question: Question, truth: string, answer: string, text: string): Message[] {
  const values = { question: question.question, truth, answer };
  return [{ role: "user", content: imagesThenText([], fillTemplate(text, values)) }];
}

/** `prompt` of a preference row: one marker per given image, then the user text (see PairRow for the exact shape). */
export function pairPrompt(question: Question, texts: PlannerTexts, maxInstructions: number): string {
  return IMAGE_MARKER.repeat(question.images.length) + plannerText(question, texts, maxInstructions);
}

/**
 * What a preference row asks, as the trainer rebuilds it: a pair of the user's own may have no system text.
 * @param images absolute paths, one per marker that the row's prompt begins with
 */
export function pairMessages(system: string, prompt: string, images: readonly string[]): Message[] {
  return askedMessages(system, prompt.slice(IMAGE_MARKER.length * images.length), images);
}

/**
 * A question about images, which stand before its text.
 * @param system the system text; null or empty for none
 * @param text without markers
 * @param images absolute paths
 */
export function askedMessages(system: string | null, text: string, images: readonly string[]): Message[] {
  const user: Message = { role: "user", content: imagesThenText(images, text) };
  return system ? [{ role: "system", content: [{ type: "text", text: system }] }, user] : [user];
}

function imagesThenText(images: readonly string[], text: string): Content[] {
  return [...images.map((image): Content => ({ type: "image", image })), { type: "text", text }];
}

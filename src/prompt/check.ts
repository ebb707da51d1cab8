import { StepFailure } from "../failure.ts";
import { type CriticTexts, IMAGE_MARKER, type PlannerTexts } from "./messages.ts";

/** Chat control tokens: templates add them; in a text they would end a turn or open an image. */
const CONTROL_TOKEN = /<\|[a-z_]+\|>/i;

/** What a text has to say for the model to know what is meant. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  template: ["{question}"],
  answer: ["{question}"],
  rate: ["{question}"],
  rate_again: ["{question}"],
  similarity: ["{truth}", "{answer}"],
  similarity_again: ["{truth}", "{answer}"],
};

/** What is missing without them. */
const WITHOUT: Readonly<Record<string, string>> = {
  "{question}": "the model would not be asked anything",
  "{truth}": "there would be nothing to compare with",
  "{answer}": "there would be nothing to judge",
};

/**
 * Refuses prompt files that would be sent without the question, or with tokens that are not text.
 * @param texts by the recipe's field names: system, template, answer, and what the scoring needs
 * @throws {StepFailure} BadInput naming the field of the recipe
 */
export function checkPromptTexts(texts: PlannerTexts & CriticTexts): void {
  const given = Object.entries(texts) as [string, string][];
  for (const [field, text] of given) {
    const missing = NEEDED[field]?.find((placeholder) => !text.includes(placeholder));
    if (missing !== undefined) throw bad(field, `has no ${missing}; ${WITHOUT[missing]}`);
  }
  for (const [field, text] of given) {
    if (text.trim() === "") throw bad(field, "is empty");
    const token = text.includes(IMAGE_MARKER) ? IMAGE_MARKER : CONTROL_TOKEN.exec(text)?.[0];
    if (token !== undefined) throw bad(field, `has the marker ${token}; images and turns are added by themselves`);
  }
}

function bad(field: string, what: string): StepFailure {
  return new StepFailure("BadInput", `The file of prompt.${field} ${what}.`);
}

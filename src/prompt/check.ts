import { StepFailure } from "../failure.ts";
import { type AnswerTexts, IMAGE_MARKER, type PlannerTexts } from "./messages.ts";

/** Chat control tokens: templates add them; in a text they would end a turn or open an image. */
const CONTROL_TOKEN = /<\|[a-z_]+\|>/i;

/**
 * Refuses prompt files that would be sent without the question, or with tokens that are not text.
 * @param texts by the recipe's field names: system, template, answer
 * @throws {StepFailure} BadInput naming the field of the recipe
 */
export function checkPromptTexts(texts: PlannerTexts & AnswerTexts): void {
  for (const field of ["template", "answer"] as const) {
    if (!texts[field].includes("{question}"))
      throw bad(field, "has no {question}; the model would not be asked anything");
  }
  for (const field of ["system", "template", "answer"] as const) {
    if (texts[field].trim() === "") throw bad(field, "is empty");
    const token = texts[field].includes(IMAGE_MARKER) ? IMAGE_MARKER : CONTROL_TOKEN.exec(texts[field])?.[0];
    if (token !== undefined) throw bad(field, `has the marker ${token}; images and turns are added by themselves`);
  }
}

function bad(field: string, what: string): StepFailure {
  return new StepFailure("BadInput", `The file of prompt.${field} ${what}.`);
}

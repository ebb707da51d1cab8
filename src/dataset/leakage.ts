import { StepFailure } from "../failure.ts";

/** What a question looks like to a model, whatever its id and its files are called. */
export interface Fingerprint {
  readonly questionId: string;
  /** Digests of the decoded pixels: the same picture in another file or format has the same. */
  readonly imageDigests: readonly string[];
  readonly text: string;
}

/** Lower case, one space between words, no punctuation: what a re-typed question still has in common. */
export function normaliseText(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/**
 * Refuses held-out questions that training sees. A picture in both is a leak, whatever is asked about it; the message
 * says whether the text is the same too. Equal texts about different pictures are no leak (templates repeat), but are
 * counted, because a re-encoded picture escapes a digest.
 * @returns how many held-out questions share their text alone with a training question
 * @throws {StepFailure} BadInput naming both questions
 */
export function checkLeakage(
  training: readonly Fingerprint[],
  heldOut: readonly Fingerprint[],
): { readonly sharedTexts: number } {
  const ownerOf = new Map<string, Fingerprint>();
  for (const seen of training) for (const digest of seen.imageDigests) ownerOf.set(digest, ownerOf.get(digest) ?? seen);
  const ids = new Set(training.map((seen) => seen.questionId));
  const texts = new Set(training.map((seen) => normaliseText(seen.text)));
  let sharedTexts = 0;
  for (const question of heldOut) {
    if (ids.has(question.questionId)) {
      throw new StepFailure("BadInput", `Question "${question.questionId}" is both in training and held out.`);
    }
    const owner = question.imageDigests.map((digest) => ownerOf.get(digest)).find((seen) => seen !== undefined);
    if (owner) throw leak(question, owner);
    if (texts.has(normaliseText(question.text))) sharedTexts++;
  }
  return { sharedTexts };
}

function leak(heldOut: Fingerprint, owner: Fingerprint): StepFailure {
  const same =
    normaliseText(heldOut.text) === normaliseText(owner.text) ? "the same picture and text" : "the same picture";
  return new StepFailure(
    "BadInput",
    `Held-out question "${heldOut.questionId}" and training question "${owner.questionId}" show ${same}; ` +
      "remove one of them, or give the picture one file name in both, so that they stay on one side.",
  );
}

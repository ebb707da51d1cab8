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

/** A held-out question that training sees. */
export interface Leak {
  readonly heldOut: Fingerprint;
  readonly training: Fingerprint;
  readonly what: "id" | "picture" | "picture and text";
}

export interface Leakage {
  /** In the order of the held-out questions. */
  readonly leaks: readonly Leak[];
  /** Held-out questions that share their text alone with a training question. */
  readonly sharedTexts: number;
}

/**
 * Held-out questions that training sees. A picture in both is a leak, whatever is asked about it. Equal texts about
 * different pictures are no leak (templates repeat), but are counted, because a re-encoded picture escapes a digest.
 * @param training read once, and not kept: it is the larger part
 */
export function findLeaks(training: Iterable<Fingerprint>, heldOut: readonly Fingerprint[]): Leakage {
  if (heldOut.length === 0) return { leaks: [], sharedTexts: 0 };
  const shown = new Map<string, Fingerprint[]>();
  const texts = new Map<string, Fingerprint[]>();
  const ids = new Map(heldOut.map((each) => [each.questionId, each]));
  for (const each of heldOut) {
    for (const digest of new Set(each.imageDigests)) add(shown, digest, each);
    add(texts, normaliseText(each.text), each);
  }
  const leaks = new Map<Fingerprint, Leak>();
  const sharing = new Set<Fingerprint>();
  for (const seen of training) {
    const sameId = ids.get(seen.questionId);
    if (sameId) leaks.set(sameId, { heldOut: sameId, training: seen, what: "id" });
    const sameText = texts.get(normaliseText(seen.text)) ?? [];
    for (const each of sameText) sharing.add(each);
    for (const each of seen.imageDigests.flatMap((digest) => shown.get(digest) ?? [])) {
      const what = sameText.includes(each) ? "picture and text" : "picture";
      if (!leaks.has(each)) leaks.set(each, { heldOut: each, training: seen, what });
    }
  }
  return {
    leaks: heldOut.flatMap((each) => leaks.get(each) ?? []),
    sharedTexts: [...sharing].filter((each) => !leaks.has(each)).length,
  };
}

/**
 * Refuses held-out questions that training sees.
 * @returns how many held-out questions share their text alone with a training question
 * @throws {StepFailure} BadInput naming both questions
 */
export function checkLeakage(
  training: Iterable<Fingerprint>,
  heldOut: readonly Fingerprint[],
): { readonly sharedTexts: number } {
  const { leaks, sharedTexts } = findLeaks(training, heldOut);
  const [first, ...more] = leaks;
  if (!first) return { sharedTexts };
  const others = `${more.length} more held-out ${more.length === 1 ? "question leaks" : "questions leak"}`;
  const list = more.length === 0 ? "" : `\n${others}; \`bin/snowball data check\` on the recipe lists all of them.`;
  throw new StepFailure("BadInput", leakSentence(first) + list);
}

/** What leaks and what to do, for a person. */
export function leakSentence({ heldOut, training, what }: Leak): string {
  if (what === "id") return `Question "${heldOut.questionId}" is both in training and held out.`;
  return (
    `Held-out question "${heldOut.questionId}" and training question "${training.questionId}" show the same ${what}; ` +
    "remove one of them, or give the picture one file name in both, so that they stay on one side."
  );
}

function add(map: Map<string, Fingerprint[]>, key: string, value: Fingerprint): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

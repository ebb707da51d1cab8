import { withoutThoughts } from "../without-thoughts.ts";
import { inTag } from "./answer-tag.ts";

/** The choice itself, as questions put it: it states neither. */
const CHOICE = /\btrue\s*(?:or|\/|and)\s*false\b|\bfalse\s*(?:or|\/|and)\s*true\b/gi;

/** What takes a word back: "not true" is false. */
const STATED = /(\b(?:not|never|cannot be)\s+(?:\w+\s+)?|n['’]t\s+(?:\w+\s+)?)?\b(true|false)\b/gi;

/**
 * Does a text state that something is true, or that it is false? Thoughts are left out; where it has an `<answer>`, the
 * last one counts. A word that is denied counts as the other.
 * @returns null where it states neither, or both
 */
export function statedTruth(text: string): "true" | "false" | null {
  const said = withoutThoughts(text);
  const answer = (inTag(said) ?? said).normalize("NFKC").replace(CHOICE, " ");
  const stated = new Set(
    [...answer.matchAll(STATED)].map(([, denied, word]) => (word!.toLowerCase() === "true") === (denied === undefined)),
  );
  const [only] = stated;
  return stated.size === 1 ? (only ? "true" : "false") : null;
}

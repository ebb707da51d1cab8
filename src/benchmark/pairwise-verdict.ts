import { withoutThoughts } from "../without-thoughts.ts";

/** What is compared, as verdicts call it. */
export type Noun = "Image" | "Answer";

/** Counted from 1, as people and prompts count. */
export type Place = 1 | 2;

const PLACES = [1, 2] as const;
const TAGGED = /<answer>([\s\S]*?)<\/answer>/gi;

/** The only sentence that says so: "Image 1 is better". */
export function verdictOf(noun: Noun, place: Place): string {
  return `${noun} ${place} is better`;
}

export function isVerdict(text: string, noun: Noun): boolean {
  return PLACES.some((place) => text === verdictOf(noun, place));
}

/** Which one a verdict calls better. */
export function placeIn(verdict: string): Place {
  return verdict.endsWith(" 1 is better") ? 1 : 2;
}

/**
 * The verdict of an answer: exactly one of the two sentences, as the whole of the only `<answer>` behind the thoughts.
 * White space around and between words tells nothing apart. No tag, two of them, both sentences, another text, or a
 * thought that never ends is no verdict: null. What thoughts say is never searched.
 */
export function readVerdict(text: string, noun: Noun): string | null {
  const tagged = [...withoutThoughts(text).matchAll(TAGGED)];
  if (tagged.length !== 1) return null;
  const said = tagged[0]![1]!.trim().replace(/\s+/g, " ");
  return isVerdict(said, noun) ? said : null;
}

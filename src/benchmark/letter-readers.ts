import { withoutThoughts } from "../without-thoughts.ts";
import { inTag } from "./answer-tag.ts";
import { statedLetter } from "./stated-letter.ts";

/**
 * Reads which option a text chooses.
 * @param last the last letter that can be one: a stray J is none where there are four options. D when left out.
 * @returns a capital letter, or null where none is chosen
 */
export type LetterReader = (text: string, last?: string) => string | null;

/** Delimiters in the order in which MMSI-Bench's own reader looks for them, each in what the one before it held. */
export const DELIMITERS = [/``([^`]*)``/, /`([^`]*)`/, /\{([^}]*)\}/];

/**
 * How letters are read, by name.
 *
 * `strict`: the letter that a text states, thoughts left out; where it has an `<answer>`, the one in there. A letter
 * that is denied, listed, or an article is not taken, and of several that nothing tells apart none is.
 *
 * `mmsi`: MMSI-Bench's own reading, for figures that are compared with published ones: what is in double backticks, in
 * that what is in single ones, in that what is in braces; in that the first capital that stands alone with no word
 * after it (github.com/OpenRobotLab/MMSI-Bench, README). Negations and thoughts are read like all else.
 */
export const LETTER_READERS = {
  strict(text, last = "D") {
    const said = withoutThoughts(text);
    return statedLetter(inTag(said) ?? said, last);
  },
  mmsi(text, last = "D") {
    const lone = new RegExp(`\\b[A-${last}]\\b(?!\\s[a-zA-Z])`);
    return lone.exec(DELIMITERS.reduce((said, delimiter) => delimiter.exec(said)?.[1] ?? said, text))?.[0] ?? null;
  },
} as const satisfies Record<string, LetterReader>;

export type LetterReaderName = keyof typeof LETTER_READERS;

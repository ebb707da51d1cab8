import { withoutThoughts } from "../without-thoughts.ts";
import { inTag } from "./answer-tag.ts";
import { DELIMITERS, LETTER_READERS, type LetterReaderName } from "./letter-readers.ts";

/** A truth that is an option's letter, perhaps with its text: "B", "(B)", "B.", "B. left", "(B) left". */
const OPTION = /^(?:\(([a-j])\)|([a-j])(?:[.:)]|$))(?:\s+(\S[\s\S]*)|\s*)$/i;

/** "Answer: red cube", "The answer is red cube": what is said up to the line's end. */
const LABELLED = /\banswer\b["'*]*\s*(?:[:=]|\bis\b:?)[^\S\n]*(\S.*)/gi;

/**
 * Is the answer the true one, as a person would say? Where the truth is an option's letter, the letter that was chosen
 * decides, and where it names the option's text too, that text is as good. All other truths are compared as texts: the
 * case of letters, white space, an article in front and punctuation at the ends tell nothing apart, but a number's sign
 * and point do; 3.0 is 3, and − is -.
 * @param reader how letters are read, and whether thoughts, tags and labels are known
 */
export function isCorrect(said: string, truth: string, reader: LetterReaderName = "strict"): boolean {
  const option = OPTION.exec(truth.normalize("NFKC").trim());
  if (!option) return says(said, truth, reader);
  const letter = (option[1] ?? option[2])!.toUpperCase();
  const chosen = LETTER_READERS[reader](said, letter > "D" ? letter : "D");
  if (chosen !== null) return chosen === letter;
  return option[3] !== undefined && says(said, option[3], reader);
}

function says(said: string, truth: string, reader: LetterReaderName): boolean {
  const wanted = normalise(truth);
  return wanted !== "" && texts(said, reader).some((text) => normalise(text) === wanted);
}

/** What an answer can be taken to say: what it sets off or labels, or else all of it. */
function texts(said: string, reader: LetterReaderName): string[] {
  if (reader === "mmsi") return [delimited(said)];
  const spoken = withoutThoughts(said);
  const answer = inTag(spoken) ?? spoken;
  const labelled = [...answer.matchAll(LABELLED)].at(-1)?.[1];
  return [answer, delimited(answer), ...(labelled === undefined ? [] : [labelled])];
}

function delimited(text: string): string {
  for (const delimiter of DELIMITERS) {
    const inside = delimiter.exec(text)?.[1];
    if (inside !== undefined) return inside;
  }
  return text;
}

/** Signs that begin a number: hyphens, the en dash, the minus sign, and the word. */
const MINUS = /(?<![\p{L}\p{N}])(?:[‐‑–−]|(?:minus|negative)\s+)(?=\.?\d)/gu;
/** A number with its sign; thousands may be set off by commas. Versions and dates are none. */
const NUMBER = /(?<![\p{L}\p{N}_.,])[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?![\p{N}_]|[.,]\d)/gu;
/** Digits that a number of JavaScript keeps apart. */
const EXACT_DIGITS = 15;

function normalise(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(MINUS, "-")
    .replace(/^(?:(?![+-]?\.?\d)[\s\p{P}])+|[\s\p{P}]+$/gu, "")
    .replace(/^(?:a|an|the) /, "")
    .replace(NUMBER, (number) =>
      number.length > EXACT_DIGITS ? number : String(Number(number.replaceAll(",", "")) + 0),
    );
}

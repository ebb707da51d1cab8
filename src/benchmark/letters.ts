/** Delimiters in the order in which MMSI-Bench's own reader looks for them. */
const DELIMITERS = [/``([^`]*)``/, /`([^`]*)`/, /\{([^}]*)\}/];

/** A capital A–D that stands alone: "B", "(B)", "B.", but not the article in "A red cube". */
const LONE_LETTER = /\b[A-D]\b(?!\s[a-zA-Z])/;

/** The true answer is an option's letter: "B", "(B)", "B.". */
const LETTER_TRUTH = /^\(?([A-D])\)?[.:]?$/;

/**
 * What an answer says: the text in double backticks, else in single backticks, else in braces, else all of it;
 * then a lone A–D in it, if there is one. Trimmed; may be empty.
 */
export function readAnswer(text: string): string {
  const said = delimited(text);
  return LONE_LETTER.exec(said)?.[0] ?? said;
}

/**
 * Is the answer the true one? Where the truth is an option's letter, letters are compared. Otherwise texts are,
 * after lower-casing, joining white space and dropping an article in front and punctuation at the ends.
 */
export function isCorrect(said: string, truth: string): boolean {
  const letter = LETTER_TRUTH.exec(truth.trim())?.[1];
  if (letter !== undefined) return readAnswer(said).toUpperCase() === letter;
  const wanted = normalise(truth);
  return wanted !== "" && normalise(delimited(said)) === wanted;
}

function delimited(text: string): string {
  for (const delimiter of DELIMITERS) {
    const inside = delimiter.exec(text)?.[1];
    if (inside !== undefined) return inside.trim();
  }
  return text.trim();
}

function normalise(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/^[\s\p{P}]+|[\s\p{P}]+$/gu, "")
    .replace(/^(?:a|an|the) /, "");
}

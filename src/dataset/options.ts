/** Letters of options, as answers are read. */
const LETTERS = "ABCDEFGHIJ";

/** An option that brings its letter along: "A. left", "(B) left", "C: left". */
const LETTERED = /^\(?([A-Ja-j])[.:)]\s*(?=\S)/;

/** A truth that is a letter, maybe with the option's text behind it. */
const LETTER_TRUTH = /^\(?([A-Ja-j])(?:[.:)]+\s*|$)([\s\S]*)$/;

/** Options by their letters, in the letters' order; or the sentence that says what is wrong with them. */
export type Options = { readonly texts: readonly string[] } | { readonly problem: string };

/**
 * Reads the options of a question: a list of texts or numbers, or an object with a text under each letter.
 * @param field what they are called in their row
 */
export function readOptions(field: string, value: unknown): Options {
  const listed = Array.isArray(value) ? value : lettered(value);
  if (typeof listed === "string") return { problem: `${field} ${listed}` };
  if (listed.length < 2 || listed.length > LETTERS.length) {
    return { problem: `${field} has ${listed.length} entries; 2 to ${LETTERS.length} are possible (A to J)` };
  }
  const at = listed.findIndex((each) => !(isText(each) || Number.isFinite(each) || typeof each === "bigint"));
  if (at >= 0) return { problem: `${field}[${at}] is no text or empty` };
  const texts = listed.map((each) => String(each).trim());
  const own = texts.every((text, place) => LETTERED.exec(text)?.[1]?.toUpperCase() === LETTERS[place]);
  const bare = own ? texts.map((text) => text.replace(LETTERED, "").trim()) : texts;
  const twice = bare.find((text, place) => bare.indexOf(text) < place);
  return twice === undefined ? { texts: bare } : { problem: `${field} has ${JSON.stringify(twice)} twice` };
}

function lettered(value: unknown): unknown[] | string {
  if (typeof value !== "object" || value === null) {
    return `is ${typeof value === "string" ? "a text" : "neither"}; a list of texts, or an object with a text under each letter, is needed`;
  }
  const entries = Object.entries(value)
    .filter(([, text]) => text !== null && text !== undefined)
    .map(([letter, text]) => [letter.toUpperCase(), text] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const wrong = entries.find(([letter], place) => letter !== LETTERS[place]);
  return wrong
    ? `has an entry under ${JSON.stringify(wrong[0])}; letters are needed, from A on`
    : entries.map(([, text]) => text);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

/** The question with a line for each option, "A. left", unless it says them with their letters itself. */
export function withOptions(question: string, texts: readonly string[]): string {
  const said = texts.every((text, place) => {
    const written = text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return new RegExp(`(?:^|[^\\p{L}\\p{N}])${LETTERS[place]}[.:)]+\\s*${written}(?![\\p{L}\\p{N}])`, "u").test(
      question,
    );
  });
  return said ? question : [question, ...texts.map((text, place) => `${LETTERS[place]}. ${text}`)].join("\n");
}

/**
 * The letter of the true option. A text is the option's letter, its text, or both; a whole number is its place, counted
 * from 0, or its text. Where the two readings of a truth differ, nobody knows what was meant.
 */
export function letterOf(
  truth: string | number | bigint,
  texts: readonly string[],
): { readonly letter: string } | { readonly problem: string } {
  const said = String(truth).trim();
  const places = [typeof truth === "string" ? placeOfLetter(said, texts) : Number(truth), placeOfText(said, texts)];
  const [first, other] = new Set(
    places.filter((place) => Number.isInteger(place) && place >= 0 && place < texts.length),
  );
  if (first === undefined) {
    const from = typeof truth === "string" ? "" : "; a number is a place counted from 0";
    return {
      problem: `is ${JSON.stringify(typeof truth === "bigint" ? said : truth)}, which is none of the ${texts.length} options${from}`,
    };
  }
  if (other !== undefined) {
    return {
      problem: `is ${said}, which can be ${LETTERS[first]} or ${LETTERS[other]} of the options; name the letter`,
    };
  }
  return { letter: LETTERS[first]! };
}

function placeOfLetter(said: string, texts: readonly string[]): number {
  const [, letter, rest] = LETTER_TRUTH.exec(said) ?? [];
  const place = letter === undefined ? -1 : LETTERS.indexOf(letter.toUpperCase());
  const text = rest?.trim() ?? "";
  return text === "" || placeOfText(text, texts) === place ? place : -1;
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ");
}

function placeOfText(said: string, texts: readonly string[]): number {
  const exact = texts.indexOf(said);
  if (exact >= 0) return exact;
  const alike = texts.flatMap((text, place) => (plain(text) === plain(said) ? [place] : []));
  return alike.length === 1 ? alike[0]! : -1;
}

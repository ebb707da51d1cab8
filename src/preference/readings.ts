/** A number that the critic replied, perhaps only when asked in other words; or why there is none: never a default. */
export type Reading =
  | { readonly value: number; readonly reasked: boolean }
  | { readonly value: null; readonly reason: string };

/** What a model said, and whether it ended by itself: "1" that was cut may have been going to be "10". */
export interface Reply {
  readonly text: string;
  readonly finish: "stop" | "length";
}

/** Characters of a reply that are shown where it could not be read. */
const SHOWN = 60;

/** Marks that only dress a number up: Markdown, quotes, tags. */
const DRESS = /<\/?[a-z_]+>|[*`"]/gi;
/** The scale behind a rating: 8/10, 8 out of 10. */
const OUT_OF_TEN = /(?<=\d\s*)(?:\/|out of)\s*10(?![\d.,]*\d|\s*\/)/gi;
/** Ranges, fractions and times: 7-8, 1/2, 8:30. */
const BETWEEN_NUMBERS = /\d\s*[\p{Pd}−/~:]\s*\d/u;
/** Hyphens, the en dash and the minus sign are signs; an em dash is punctuation. */
const NUMBER = /[+\-‐‑–−]?[\d.,]*\d/g;
/** No decimal comma, which may be a thousand, and no 007. */
const PLAIN = /^[+\-‐‑–−]?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Next to a number, these make it another thing: 8th, x2, 80%, ±1, <3, a minus that stands alone. */
const SPOILS_BEFORE = /[\p{L}\p{N}_±≤≥<>~]$|[\p{Pd}−+]\s*$/u;
const SPOILS_AFTER = /^[\p{L}\p{N}_%²³]/u;

/** A rating from 1 to 10: "8", "8.5", "8/10", "Rating: **8**". Null for anything that could mean something else. */
export function readRating({ text, finish }: Reply): number | null {
  return readNumber(text.replace(DRESS, " ").replace(OUT_OF_TEN, " "), finish, 1, 10);
}

/** A similarity from -2 to 2: "-2", "−1", "+1", "Similarity: 0". Null for anything that could mean something else. */
export function readSimilarity({ text, finish }: Reply): number | null {
  return readNumber(text.replace(DRESS, " "), finish, -2, 2);
}

/** Why neither wording brought a number. */
export function unreadable(what: string, first: Reply, again: Reply): Reading {
  return {
    value: null,
    reason: `the critic's ${what} cannot be read: it said ${start(first)}, and asked in other words ${start(again)}`,
  };
}

/** The one number that a text holds, however often it says it. */
function readNumber(text: string, finish: Reply["finish"], low: number, high: number): number | null {
  if (finish === "length" || BETWEEN_NUMBERS.test(text)) return null;
  const found = [...text.matchAll(NUMBER)];
  const readable = found.every(
    ({ 0: number, index }) =>
      PLAIN.test(number) &&
      !SPOILS_BEFORE.test(text.slice(0, index)) &&
      !SPOILS_AFTER.test(text.slice(index + number.length)),
  );
  const values = new Set(found.map(([number]) => Number(number.replace(/[‐‑–−]/, "-")) + 0));
  const [value] = values;
  if (!readable || values.size !== 1 || value === undefined || value < low || value > high) return null;
  return value;
}

function start({ text, finish }: Reply): string {
  const line = text.replace(/\s+/g, " ").trim();
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  return `"${shown}"${finish === "length" ? " (cut)" : ""}`;
}

import { withoutThoughts } from "../without-thoughts.ts";

/** What a number may be, and how the scale itself is spoken of: its numbers are no rating. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  /** "on a scale from 1 to 10", "out of 10": left out wherever they stand. */
  readonly mentions: readonly RegExp[];
  /** What directly behind a number says that it is one of this scale, whatever follows: 8/10. */
  readonly suffix?: RegExp;
}

/** Stands for the suffix of a scale. */
const OF_SCALE = "\uE000";

/** Marks that only dress a number up: Markdown, quotes, tags, LaTeX. */
const DRESS = /<\/?[a-z_]+>|[*`"“”]|\\(?:boxed|text)\b|\\[()[\]]|^#+\s+|\$(?=[^$\n]*\$)|(?<=\$[^$\n]*)\$/gim;
const UNDERLINED = /(?<![\p{L}\p{N}_])(__?)(?=[^\s_])([^_\n]+)\1(?![\p{L}\p{N}_])/gu;

const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const WORD = WORDS.join("|");
/** Hyphens, the en dash and the minus sign are signs; an em dash is punctuation. */
const NUMBER = /[+\-‐‑–−]?[\d.,]*\d/g;
const SPELT_NUMBER = new RegExp(`(?<![\\p{L}\\p{N}_+-])[+-]?(?:${WORD})(?![\\p{L}\\p{N}_-])`, "giu");
const SPELT_SIGN = new RegExp(`\\b(minus|negative|plus|positive)\\s+(?=\\d|(?:${WORD})\\b)`, "gi");

/** No decimal comma, which may be a thousand, and no 007. */
const PLAIN = /^[+\-‐‑–−]?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Ranges, fractions and times: 7-8, 1/2, 8:30. */
const BETWEEN_NUMBERS = /\d\s*[\p{Pd}−/~]\s*\d|\d:\d/u;
/** Next to a number, these make it another thing: 8th, x2, 80%, ±1, <3, 3², a minus that stands alone. */
const SPOILS_BEFORE = /[\p{L}\p{N}_±≤≥<>~]$|[\p{Pd}−+]\s*$/u;
const SPOILS_AFTER = /^[\p{L}\p{N}_%]/u;

/** Before a number that names a thing: image 1, views 2 and 3. */
const NAMES =
  /(?:\b(?:images?|pictures?|photos?|figures?|views?|frames?|cameras?|scenes?|options?|answers?|steps?|objects?|instructions?|questions?|numbers?|no\.)|#)\s*#?\(?(?:\d+\)?\s*(?:,|&|and|or|to)\s*\(?)*$/i;

/** Around a number that counts: it shows 3 chairs. What scales are made of is nothing to be counted. */
const COUNTS_BEFORE = /\b(?:shows?|showing|has|have|having|sees?|seen?|contains?|with|are|were|only)\s+$/i;
const COUNTS_AFTER = /^\s+(?!(?:points?|stars?|per|percent|out|of|or|and|to|is|seems?|fits)\b)\p{L}{3,}/u;

const WHAT =
  /(?:the|my|your|its|this|that|these|those|all|both|it|them|imagined|new|last|further|generated|views?|images?|pictures?|set|answers?|given|overall)/
    .source;
/** "Rating: ", "the final score of these views is a ", "评分:". */
const LABELLED = new RegExp(
  `(?:(?<!\\p{L})(?:rating|score|grade|usefulness|helpfulness|similarity|closeness)|评分|得分|打分|分数|相似度)` +
    `(?:\\s+(?:of|for|to)(?:\\s+${WHAT})+)?\\s*(?:\\([^()\\d]*\\))?` +
    `\\s*(?:[:=→]|->|(?<!\\p{L})(?:is|was|are|of|would be|should be)(?!\\p{L}))?:?` +
    `(?:\\s*(?<!\\p{L})(?:therefore|thus|then|just|clearly|an?)(?!\\p{L}))*[\\s\\p{Ps}]*$`,
  "iu",
);
/** "I would rate these views as ", "I say ", "it deserves an ". */
const GIVEN = new RegExp(
  `(?:\\b(?:rated?|deserves?|merits?|earns?)|\\b(?:i|we)(?:['’](?:d|ll))?(?:\\s+(?:would|will))?\\s+(?:give|say|assign|score)|\\b(?:it|this|that|they|views?|images?)(?:['’](?:s|re)|\\s+(?:is|are|would be))(?=\\s+an?\\s))` +
    `(?:[\\s,:]+(?:${WHAT}|rating|score|usefulness|helpfulness|similarity|an?|as|at|with|of))*[\\s,:]+$`,
  "iu",
);
/** Nothing but punctuation before it: in the text, or in its line. */
const FIRST = /^[\s\p{P}]*$/u;
const LINE_BEGINS = /\n[\s\p{P}]*$/u;

/** Where a number has been said: at a stop, or before a reason. What it counts would follow at once. */
const ENDS = /^(?:\s*points?\b)?\s*(?:$|\n|[.,;:!()\]}]|\p{Pd}\s|(?:because|since|as|for|given|overall)\b)/iu;
const LINE_ENDS = /^[\s\p{P}]*?(?:$|\n)/u;
/** A word at the start is said for the rating only if it stands alone: "One, two, three chairs". */
const WORD_ENDS = /^(?:[\s.!]*$|[.!]?[^\S\n]*\n|,?\s*(?:because|since|as|given)\b)/i;
/** "1. The first view …": a list begins. */
const LISTS = /^[.)][^\S\n]+\S/;
/** Before a number word that takes back the one before it: 7 to eight, maybe nine. */
const TAKES_BACK = /\b(?:or|to|maybe|perhaps|possibly|rather|than)\s+$/i;

interface Found {
  readonly value: number;
  readonly stated: boolean;
}

/**
 * The number that a reply states on a scale, however often it says it: alone, behind a label ("Rating: 8"), given ("I
 * rate it 8") or with its scale ("8/10"). Numbers that name something ("image 1") or count it ("shows 3 chairs") are
 * passed over. Null where none is stated, and where another number stands beside it.
 */
export function statedNumber(text: string, scale: Scale): number | null {
  const said = plain(text, scale);
  if (BETWEEN_NUMBERS.test(said)) return null;
  const digits = digitsIn(said);
  const words = wordsIn(said);
  if (digits === null || words === null) return null;
  const found = [...digits, ...words];
  const values = new Set(found.map(({ value }) => value));
  const [value] = values;
  if (values.size !== 1 || value === undefined || !found.some(({ stated }) => stated)) return null;
  return value < scale.low || value > scale.high ? null : value;
}

/** What was said in plain characters, without thoughts, dress and the scale. */
function plain(text: string, { mentions, suffix }: Scale): string {
  const undressed = withoutThoughts(text)
    // Full-width digits are digits; but ² and ½ would become digits that nobody wrote.
    .replace(/\P{No}+/gu, (part) => part.normalize("NFKC"))
    .replace(DRESS, " ")
    .replace(UNDERLINED, "$2")
    .replace(/(?<=\d)\s*分(?!\p{L})/gu, " points")
    .replace(SPELT_SIGN, (_, sign: string) => (/minus|negative/i.test(sign) ? "-" : "+"));
  const scaled = suffix ? undressed.replace(suffix, OF_SCALE) : undressed;
  return mentions.reduce((said, mention) => said.replace(mention, " "), scaled);
}

/** Every number in digits that names and counts nothing; null where one could mean anything. */
function digitsIn(said: string): Found[] | null {
  const found: Found[] = [];
  for (const { 0: number, index } of said.matchAll(NUMBER)) {
    const [before, after] = [said.slice(0, index), said.slice(index + number.length)];
    if (NAMES.test(before) || (COUNTS_BEFORE.test(before) && COUNTS_AFTER.test(after))) continue;
    if (!PLAIN.test(number) || SPOILS_BEFORE.test(before) || SPOILS_AFTER.test(after)) return null;
    const first = FIRST.test(before) && ENDS.test(after) && !(number === "1" && LISTS.test(after));
    found.push({
      value: Number(number.replace(/[‐‑–−]/, "-")) + 0,
      stated: first || isStated(before, after),
    });
  }
  return found;
}

/** The numbers in words that are stated; most others are articles. Null where one takes another back. */
function wordsIn(said: string): Found[] | null {
  const found: Found[] = [];
  for (const { 0: word, index } of said.matchAll(SPELT_NUMBER)) {
    const [before, after] = [said.slice(0, index), said.slice(index + word.length)];
    const value = WORDS.indexOf(word.replace(/^[+-]/, "").toLowerCase()) * (word.startsWith("-") ? -1 : 1) + 0;
    if ((FIRST.test(before) && WORD_ENDS.test(after)) || isStated(before, after)) found.push({ value, stated: true });
    else if (TAKES_BACK.test(before)) return null;
  }
  return found;
}

function isStated(before: string, after: string): boolean {
  if (after.startsWith(OF_SCALE)) return true;
  if (LINE_BEGINS.test(before) && LINE_ENDS.test(after)) return true;
  return (LABELLED.test(before) || GIVEN.test(before)) && ENDS.test(after);
}

import { type Scale, statedNumber } from "./stated-number.ts";

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

/** How a scale is introduced: "on a scale from", "between". */
const SCALE_OF = String.raw`(?:\b(?:on|in|by|using)\s+)?(?:\b(?:a|the)\s+)?(?:\bscale\s*(?:of\b|from\b|:)?\s*)?(?:\b(?:from|between)\s+)?`;
const TO = String.raw`\s*(?:[-‐‑–−~]|\.\.+|to\b|through\b|and\b)\s*`;
/** 10, and not the beginning of another number, fraction or date. */
const TEN = String.raw`(?:10|ten)(?![\p{L}\d%]|[.,]\d|\s*\/|\s+per\b)`;

const RATING: Scale = {
  low: 1,
  high: 10,
  mentions: [
    new RegExp(`${SCALE_OF}(?<![\\d.,/:-])1${TO}${TEN}`, "giu"),
    new RegExp(`${SCALE_OF}(?:10|ten)[- ]points?\\s+(?:scale|system)\\b`, "giu"),
    /\b(?:10|ten)-point\b/giu,
    new RegExp(`${SCALE_OF}\\bscale\\s+of\\s+${TEN}`, "giu"),
    new RegExp(`\\bout of\\s+(?:a\\s+(?:possible|maximum(?:\\s+of)?|total\\s+of)\\s+)?${TEN}`, "giu"),
    new RegExp(`(?<=\\d\\s+)of\\s+${TEN}`, "giu"),
    new RegExp(`\\/\\s*${TEN}`, "giu"),
    /满分\s*[为是:]?\s*10(?:\s*points)?|10\s*分制/gu,
  ],
  suffix: new RegExp(`(?<=\\d|\\b(?:one|two|three|four|five|six|seven|eight|nine|ten))\\s*\\/\\s*${TEN}`, "giu"),
};

const SIMILARITY: Scale = {
  low: -2,
  high: 2,
  mentions: [new RegExp(`${SCALE_OF}[-‐‑–−]2${TO}\\+?2(?![\\p{L}\\d%]|[.,]\\d|\\s*\\/)`, "giu")],
};

/**
 * A rating from 1 to 10: "8", "8.5", "eight", "8/10", "Rating: **8**". Null for anything that could mean something else:
 * the scale ("out of 10"), a name ("image 1"), a count ("3 chairs"), another scale ("5 out of 5").
 */
export function readRating({ text, finish }: Reply): number | null {
  return finish === "length" ? null : statedNumber(text, RATING);
}

/** A similarity from -2 to 2: "-2", "−1", "minus 1", "Similarity: 0". Null for anything that could mean something else. */
export function readSimilarity({ text, finish }: Reply): number | null {
  return finish === "length" ? null : statedNumber(text, SIMILARITY);
}

/** Why neither wording brought a number. */
export function unreadable(what: string, first: Reply, again: Reply): Reading {
  return {
    value: null,
    reason: `the critic's ${what} cannot be read: it said ${start(first)}, and asked in other words ${start(again)}`,
  };
}

function start({ text, finish }: Reply): string {
  const line = text.replace(/\s+/g, " ").trim();
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  return `"${shown}"${finish === "length" ? " (cut)" : ""}`;
}

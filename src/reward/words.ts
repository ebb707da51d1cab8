/** A text as rewards compare it. */
export function plain(text: string): string {
  return text.trim().toLowerCase();
}

/** Runs of letters and digits. */
export function wordsOf(text: string): string[] {
  return plain(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * Finds whole terms in a text, the longest where several begin at one place: none stands inside a word. A term's blanks
 * may be any white space.
 */
export function termsIn(terms: readonly string[]): (text: string) => string[] {
  const longestFirst = terms.toSorted((a, b) => b.length - a.length).map((term) => term.replaceAll(" ", "\\s+"));
  const whole = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})(?![\\p{L}\\p{N}])`, "gu");
  return (text) => (plain(text).match(whole) ?? []).map((term) => term.replace(/\s+/g, " "));
}

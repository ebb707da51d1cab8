/** Thoughts that ended. A thinking model's prompt may have opened them, so that the text begins inside. */
const ENDED = /^[\s\S]*<\/think>/i;
/** Thoughts that did not: nothing was said after them. */
const OPEN = /<think>[\s\S]*$/i;

/**
 * What a model says, without what it thought before: all up to the last `</think>` is left out, and what follows a
 * `<think>` that never closes. Trimmed where there were thoughts, otherwise the text as it is.
 */
export function withoutThoughts(text: string): string {
  const said = text.replace(ENDED, "").replace(OPEN, "");
  return said === text ? text : said.trim();
}

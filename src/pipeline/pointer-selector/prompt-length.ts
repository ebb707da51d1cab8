import type { Context } from "../../model/context.ts";
import { askedText, shownText } from "./prompt.ts";
import type { Example, Sets } from "./examples.ts";

/** Tokens of the chat template around one turn, generously. */
const TEMPLATE = 32;

/**
 * Why the longest prompt that could come up does not fit into the model; undefined where it does. It is the longest
 * query behind the longest examples: images count with the most tokens that max_pixels allows.
 */
export function tooLong(
  { pool, queries, test }: Sets,
  context: Context,
  critic: { readonly max_pixels: number; readonly max_new_tokens: number },
  shots: number,
): string | undefined {
  const images = (example: Example): number => example.images.length * context.imageTokens(critic.max_pixels);
  const shown = pool.map((each) => ({ id: each.id, tokens: images(each) + context.textTokens(shownText(each)) }));
  const longest = shown.toSorted((a, b) => b.tokens - a.tokens).slice(0, shots);
  const asked = [...queries, ...test].map((each) => ({
    id: each.id,
    tokens: images(each) + context.textTokens(askedText(each)),
  }));
  const query = asked.reduce((most, each) => (each.tokens > most.tokens ? each : most));
  const behind = longest.reduce((sum, { tokens }) => sum + tokens, 0);
  const needed = TEMPLATE + query.tokens + behind + critic.max_new_tokens;
  if (needed <= context.limit) return undefined;
  const first = longest[0] ? ` and "${longest[0].id}" before it` : "";
  return `a prompt of ${shots} shots takes up to ${needed} tokens (with "${query.id}" asked${first}), and the model reads ${context.limit}`;
}

import type { Reward } from "./reward.ts";
import { plain } from "./words.ts";

const NAMES = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

/** A number in digits, or one of those names, that is no part of a word or of a longer number. */
const NUMBER = new RegExp(String.raw`(?<![\p{L}\p{N}.,])(?:\d+(?:[.,]\d+)*|${NAMES.join("|")})(?![\p{L}\p{N}])`, "u");

const WRONG = -0.5;
/** The reward of a number that is off by at most so much. */
const NEAR = [
  { off: 0, reward: 1 },
  { off: 1, reward: 0.5 },
  { off: 3, reward: 0.2 },
] as const;

/**
 * How many there are: 1 for the true number, .5 off by one, .2 off by up to three, −.5 for any other or none. A text's
 * number is the first that it has, in digits or as a word from zero to twelve.
 */
export const counting: Reward = {
  version: 1,
  problem: ({ truth }) => (numberIn(truth) === undefined ? `has a true answer without a number ("${truth}")` : null),
  score: ({ truth }, text) => {
    const wanted = numberIn(truth);
    const said = numberIn(text);
    const off = wanted === undefined || said === undefined ? Infinity : Math.abs(said - wanted);
    const reward = NEAR.find((each) => off <= each.off)?.reward ?? WRONG;
    return { reward, parts: { numbered: said === undefined ? 0 : 1, exact: off === 0 ? 1 : 0 } };
  },
};

/** The first number of a text; commas between digits divide thousands. */
export function numberIn(text: string): number | undefined {
  const found = NUMBER.exec(plain(text))?.[0];
  if (found === undefined) return undefined;
  const named = NAMES.indexOf(found);
  return named >= 0 ? named : Number(found.replaceAll(",", ""));
}

import { letterOf } from "./options.ts";

/** Where rows have the true answer, in the words of the field's data sets. */
export const TRUTH_FIELDS = ["answer", "gt_answer", "ground_truth"];

/** Where rows have the place of the true option, counted from 0. */
export const PLACE_FIELDS = ["answer_index", "answer_idx", "correct_choice_idx"];

/** What the truth of a row is; undefined where it says none; or the sentence that says what is wrong with it. */
export type Truth = { readonly truth: string | undefined } | { readonly problem: string };

type Said = string | number | bigint;

/**
 * Reads the true answer of a row: a text or a number, alone or in a list of its own. With options it becomes the letter
 * of the true one.
 * @param options the texts of the options, where the row has any
 */
export function readTruth(row: Readonly<Record<string, unknown>>, options: readonly string[] | undefined): Truth {
  const found = new Map<string, string>();
  for (const field of [...TRUTH_FIELDS, ...PLACE_FIELDS]) {
    const value: unknown = row[field];
    if (value === undefined || value === null) continue;
    const said = alone(value);
    if (said === undefined) return { problem: `${field} ${unusable(value)}` };
    if (PLACE_FIELDS.includes(field) && !(options && Number.isInteger(Number(said)))) {
      return {
        problem: `${field} is ${String(said)}, but ${options ? "a place among the options" : "there are no options; the answer itself"} is needed`,
      };
    }
    const truth = options ? letterOf(PLACE_FIELDS.includes(field) ? Number(said) : said, options) : String(said).trim();
    if (typeof truth === "object" && "problem" in truth) return { problem: `${field} ${truth.problem}` };
    found.set(field, typeof truth === "string" ? truth : truth.letter);
  }
  const [[first, truth] = [], ...others] = found;
  const other = others.find(([, each]) => each !== truth);
  if (other)
    return {
      problem: `${first} is ${JSON.stringify(truth)}, but ${other[0]} is ${JSON.stringify(other[1])}; one truth is needed`,
    };
  return { truth };
}

/** A text or a number, also one that stands alone in a list. */
function alone(value: unknown): Said | undefined {
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof one === "string") return one.trim() === "" ? undefined : one;
  return Number.isFinite(one) || typeof one === "bigint" ? (one as number | bigint) : undefined;
}

function unusable(value: unknown): string {
  if (Array.isArray(value) && value.length > 1) return `names ${value.length} answers; one is needed`;
  return "is no text or empty; leave it out where there is none";
}

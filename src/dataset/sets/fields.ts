import { isTorn, markerIn } from "../../prompt/markers.ts";
import { IMAGE_MARKER } from "../../prompt/messages.ts";
import { readImageNames } from "../image-names.ts";
import type { Fields } from "./example.ts";

export type Problem = { readonly id?: string; readonly problem: string };

/** Parquet files and some writers of JSON say null for what is absent. */
export function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A row's own id, or its number. */
export function idOf(row: Fields, number: number, field = "id"): string {
  const id = row[field];
  return typeof id === "string" && id.trim() !== "" ? id.trim() : isWhole(id) ? String(id) : String(number);
}

function isWhole(value: unknown): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** A text of a row without white space at its ends; or what is wrong with it. */
export function textIn(row: Fields, field: string): { readonly text: string } | Problem {
  return textOf(field, row[field]);
}

/** @param field what the text is called, for the sentence */
export function textOf(field: string, value: unknown): { readonly text: string } | Problem {
  if (typeof value !== "string" || value.trim() === "") return { problem: `${field} is missing or empty` };
  const text = value.trim();
  const marker = markerIn(text);
  if (marker !== undefined) {
    return { problem: `${field} has the marker ${marker}; images and turns are added by themselves` };
  }
  return isTorn(text) ? { problem: `${field} has half a character in it` } : { text };
}

/** Image markers at the ends of a question: it is the same question wherever its images stand. */
const MARKERS_AT_ENDS = new RegExp(`^(?:\\s*${IMAGE_MARKER})+\\s*|\\s*(?:${IMAGE_MARKER}\\s*)+$`, "g");

/** As textOf, of a question: markers of its images are left out. */
export function questionOf(field: string, value: unknown): { readonly text: string } | Problem {
  return textOf(field, typeof value === "string" ? value.replace(MARKERS_AT_ENDS, "") : value);
}

/**
 * The names of a row's images; or what is wrong with them.
 * @param fields where they may be, in this order
 * @param address where the row has an image's address when it names no file
 */
export function imagesIn(
  row: Fields,
  fields: readonly string[],
  address?: string,
): { readonly names: readonly string[] } | Problem {
  const field = fields.find((name) => given(row[name]));
  if (field === undefined && address !== undefined && given(row[address])) {
    return { problem: `${address} is an address; ${GET}` };
  }
  const read = readImageNames(field ?? fields[0]!, field && row[field]);
  const addressed = "problem" in read && read.problem.includes("is an address");
  return addressed ? { problem: `${read.problem}; ${GET}` } : read;
}

const GET = "images of the web are fetched by `bin/snowball data get FORMAT --from FILE --to FOLDER`";

import { createHash } from "node:crypto";
import { canonicalJson } from "../artifact/canonical-json.ts";

/** canonicalDigest of a list, row by row: the text of a large data set is never in memory. */
export function rowsDigest(rows: Iterable<unknown>): string {
  const hash = createHash("sha256").update("[");
  let separator = "";
  for (const row of rows) {
    hash.update(separator + canonicalJson(row));
    separator = ",";
  }
  return hash.update("]").digest("hex");
}

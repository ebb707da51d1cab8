import { isPacked } from "../image-names.ts";

/** What stands before an image in an address of its own. */
const DATA_ADDRESS = /^data:image\/[\w.+-]+;base64,/;

/** The bytes of an image that lies in its row: plain, in base64, or either as {bytes}. Undefined where there are none. */
export function bytesOf(entry: unknown): Uint8Array | undefined {
  if (entry instanceof Uint8Array) return entry;
  if (!isPacked(entry)) return undefined;
  if (typeof entry === "string") return Buffer.from(entry.replace(DATA_ADDRESS, ""), "base64");
  return bytesOf((entry as { readonly bytes: unknown }).bytes);
}

import { isTorn } from "../prompt/markers.ts";

/** An image in base64: how PNG, JPEG, GIF, WebP, TIFF and AVIF begin, and no dot, which names have. */
const BASE64 = /^(?:iVBORw0K|\/9j\/|R0lGOD|UklGR|SUkq|TU0A|AAAA)[\w+/=\s-]{32,}$/;

/** What tells people how images that lie in their rows become files. */
export const UNPACK = "images that lie in rows are written as files by `bin/snowball data unpack FILE --to FOLDER`";

/** Names of images; or the sentence that says what is wrong with them. */
export type ImageNames = { readonly names: readonly string[] } | { readonly problem: string };

/**
 * Reads the names of a row's images: one or a list of them, also as {path} with no bytes.
 * @param field what they are called in their row
 */
export function readImageNames(field: string, value: unknown): ImageNames {
  const given: readonly unknown[] = Array.isArray(value) ? value : isEntry(value) ? [value] : [];
  if (given.length === 0) return { problem: `${field} is missing or empty; a file name or a list of them is needed` };
  const names: string[] = [];
  for (const [index, entry] of given.entries()) {
    const name = nameOf(entry);
    const problem = isPacked(entry)
      ? `holds an image itself, where a file name is needed; ${UNPACK}`
      : nameProblem(name);
    if (problem !== undefined) return { problem: `${field}[${index}] ${problem}` };
    names.push(name as string);
  }
  return { names };
}

function isEntry(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "object" && value !== null);
}

/** Does an entry hold the bytes of an image, plain, in base64, or as {bytes}? */
export function isPacked(entry: unknown): boolean {
  if (entry instanceof Uint8Array) return true;
  if (typeof entry === "string") {
    return entry.startsWith("data:image/") || BASE64.test(entry);
  }
  return typeof entry === "object" && entry !== null && "bytes" in entry && isPacked(entry.bytes);
}

function nameOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "path" in entry ? entry.path : entry;
}

function nameProblem(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return "is not a file name";
  if (name.includes("://")) return `"${name}" is an address; a file under image_root is needed`;
  if (/^(?:\/|\\|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes("..")) {
    return `"${name}" leaves image_root; a name relative to it is needed`;
  }
  if (/[\\\p{Cc}]/u.test(name)) return `${JSON.stringify(name)} has a backslash or a control character`;
  return isTorn(name) ? `${JSON.stringify(name)} has half a character in it` : undefined;
}

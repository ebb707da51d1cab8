import { createHash, hash as digestOf } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";

/** Bytes read at a time: large enough to keep the disk busy, small enough to leave Node's loop responsive (1 MiB). */
const READ_BYTES = 1 << 20;

/** sha256 (64 hex digits) of a file's bytes. With its `size`, a small file is read at once, which is ten times faster. */
export async function sha256OfFile(path: string, size = Infinity): Promise<string> {
  if (size <= READ_BYTES) return digestOf("sha256", await readFile(path));
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(bytes as Buffer);
  return hash.digest("hex");
}

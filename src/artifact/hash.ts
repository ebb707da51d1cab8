import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Bytes read at a time: large enough to keep the disk busy, small enough to leave Node's loop responsive (1 MiB). */
const READ_BYTES = 1 << 20;

/** sha256 (64 hex digits) of a file's bytes. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(bytes as Buffer);
  return hash.digest("hex");
}

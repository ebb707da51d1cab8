import { crc32 } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Length, type and checksum around each chunk's data; the end chunk is nothing else. */
const CHUNK_FRAME_BYTES = 12;

/**
 * What is wrong with a PNG that decoders may take for whole: it ends too early, or a chunk beside the pixels is damaged,
 * which Pillow refuses. Undefined for whole PNGs and for other formats.
 */
export function pngProblem(bytes: Buffer): string | undefined {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined;
  let at = SIGNATURE.length;
  while (at + CHUNK_FRAME_BYTES <= bytes.length) {
    const end = at + CHUNK_FRAME_BYTES + bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IEND") return undefined;
    // At least up to the end of the chunk in which it breaks off, and the end chunk.
    if (end > bytes.length) return short(bytes, end + CHUNK_FRAME_BYTES);
    if (type !== "IDAT" && crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
      return `is damaged (the checksum of its chunk ${JSON.stringify(type)} is wrong; ${count(bytes.length)} bytes)`;
    }
    at = end;
  }
  return short(bytes, at + CHUNK_FRAME_BYTES);
}

function short(bytes: Buffer, needed: number): string {
  return `is truncated (PNG ends after ${count(bytes.length)} of at least ${count(needed)} bytes)`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

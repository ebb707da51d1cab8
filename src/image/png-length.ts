const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Length, type and checksum around each chunk's data; the end chunk is nothing else. */
const CHUNK_FRAME_BYTES = 12;

/**
 * How many bytes a PNG that ends too early would need at least: up to the end of the chunk in which it breaks off, and
 * the end chunk. Undefined for whole PNGs and for other formats.
 */
export function pngShortfall(bytes: Buffer): { readonly needed: number } | undefined {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined;
  let at = SIGNATURE.length;
  while (at + CHUNK_FRAME_BYTES <= bytes.length) {
    const end = at + CHUNK_FRAME_BYTES + bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IEND") return undefined;
    if (end > bytes.length) return { needed: end + CHUNK_FRAME_BYTES };
    at = end;
  }
  return { needed: at + CHUNK_FRAME_BYTES };
}

import { readFile, writeFile } from "node:fs/promises";
import { StepFailure } from "../../failure.ts";

const FLOAT32 = 4;

/** Writes vectors of one length: little-endian float32, a row after the other. */
export async function writeFloats(file: string, rows: readonly Float32Array[]): Promise<void> {
  const dim = rows[0]?.length ?? 0;
  const joined = new Float32Array(rows.length * dim);
  rows.forEach((each, at) => joined.set(each, at * dim));
  await writeFile(file, Buffer.from(joined.buffer));
}

/**
 * Reads them as views of one buffer.
 * @throws {StepFailure} BadInput where the file has another size, or a number that is none
 */
export async function readFloats(file: string, rows: number, dim: number): Promise<Float32Array[]> {
  const bytes = await readFile(file);
  if (bytes.byteLength !== rows * dim * FLOAT32) {
    const needed = `${rows} vectors of ${dim} numbers have ${rows * dim * FLOAT32}`;
    throw new StepFailure("BadInput", `${file} has ${bytes.byteLength} bytes; ${needed}. Embed the examples again.`);
  }
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  if (!all.every(Number.isFinite)) {
    throw new StepFailure("BadInput", `${file} holds vectors with numbers that are none; embed the examples again.`);
  }
  return Array.from({ length: rows }, (_, at) => all.subarray(at * dim, (at + 1) * dim));
}

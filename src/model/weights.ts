import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../artifact/disk.ts";

/** A tensor as the head of a safetensors file describes it. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Bytes: the largest head that the format allows. */
const MAX_HEAD = 100_000_000;
/** The head's own length stands first, as 64 bits. */
const LENGTH = 8;

interface Entry {
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Reads the head of a safetensors file: a few kilobytes, however large the file is.
 * @returns its tensors, or in what way the file is broken
 */
export async function readTensors(file: string): Promise<Tensor[] | string> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    if (size === 0) return "is empty (0 bytes)";
    const length = size < LENGTH ? Infinity : Number((await read(handle, LENGTH, 0)).readBigUInt64LE());
    if (length > MAX_HEAD || LENGTH + length > size) return "is not a safetensors file";
    const head = JSON.parse((await read(handle, length, LENGTH)).toString("utf8")) as Record<string, Entry>;
    const { __metadata__: _, ...entries } = head;
    const end = LENGTH + length + Math.max(0, ...Object.values(entries).map((each) => each.data_offsets[1]));
    if (end !== size) return `is cut off: it has ${size} of ${end} bytes`;
    return Object.entries(entries).map(([name, { shape }]) => ({ name, shape }));
  } catch (error) {
    if (error instanceof SyntaxError) return "is not a safetensors file";
    throw error;
  } finally {
    await handle.close();
  }
}

async function read(handle: FileHandle, length: number, position: number): Promise<Buffer> {
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer;
}

/** Every tensor of a checkpoint's safetensors files; broken files are left out. */
export async function tensorsOf(folder: string): Promise<Tensor[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  const found = await Promise.all(files.map((name) => readTensors(join(folder, name))));
  return found.flatMap((each) => (typeof each === "string" ? [] : each));
}

/** The same; null where there is no such folder. */
export async function tensorsIfThere(folder: string): Promise<Tensor[] | null> {
  try {
    return await tensorsOf(folder);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Numbers in these tensors. */
export function weightsIn(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** The vision tower, whose layers may be named like the language model's, carries no adapter. */
const VISION = /(^|\.)visual\./;

/** Numbers in a LoRA of this rank on the layers of these names: two thin matrices for each. */
export function adapterWeightsIn(tensors: readonly Tensor[], layers: readonly string[], rank: number): number {
  const targets = new Set(layers.map((layer) => `${layer}.weight`));
  return tensors
    .filter(
      ({ name, shape }) => shape.length === 2 && !VISION.test(name) && targets.has(name.split(".").slice(-2).join(".")),
    )
    .reduce((sum, { shape }) => sum + rank * shape.reduce((a, b) => a + b, 0), 0);
}

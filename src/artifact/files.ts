import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { StepFailure } from "../failure.ts";
import { splitLines } from "../split-lines.ts";
import { writeWhole } from "./disk.ts";

/** Text gathered before it is written (1 MiB of characters): few system calls, little memory. */
const WRITE_CHARACTERS = 1 << 20;

/** What becomes of a last line without its line break: an error, where nothing else is said. */
interface ReadLines {
  readonly torn?: "left out";
}

/**
 * Rows of a JSON Lines file, one at a time. Throws BadInput, naming file and line, for a line that is not JSON and for
 * a last line without its line break: that is how a write looks that was cut off.
 */
export async function* readJsonLines<T>(path: string, { torn }: ReadLines = {}): AsyncGenerator<T> {
  let number = 0;
  for await (const line of splitLines(createReadStream(path))) {
    number += 1;
    if (line.torn && torn === "left out") return;
    if (line.torn) {
      throw new StepFailure(
        "BadInput",
        `${path}, line ${number} is torn (no line break at the end); write the file again.`,
      );
    }
    yield parse(line.text, path, number) as T;
  }
}

/** All rows of a JSON Lines file, for what is known to fit into memory: a shard, an evaluation. */
export async function readAllJsonLines<T>(path: string, how: ReadLines = {}): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of readJsonLines<T>(path, how)) rows.push(row);
  return rows;
}

/** The rows of several JSON Lines files, one file after the other. */
export async function* joinJsonLines(paths: readonly string[]): AsyncGenerator<unknown> {
  for (const path of paths) yield* readJsonLines(path);
}

/** Writes one JSON value per line and returns how many; the bytes are on the disk when it resolves. */
export async function writeJsonLines(path: string, rows: Iterable<unknown> | AsyncIterable<unknown>): Promise<number> {
  const handle = await open(path, "w");
  try {
    const count = await writeLines(handle, rows);
    await handle.sync();
    return count;
  } finally {
    await handle.close();
  }
}

async function writeLines(handle: FileHandle, rows: Iterable<unknown> | AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  let text = "";
  for await (const row of rows) {
    text += `${stringify(row)}\n`;
    count += 1;
    if (text.length < WRITE_CHARACTERS) continue;
    await handle.appendFile(text);
    text = "";
  }
  await handle.appendFile(text);
  return count;
}

/** Reads a JSON file. Throws BadInput for text that is not JSON. */
export async function readJson<T>(path: string): Promise<T> {
  return parse(await readFile(path, "utf8"), path) as T;
}

/** Puts a JSON file in place, indented and whole: a reader sees the old one or the new one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${stringify(value, 2)}\n`);
}

function parse(text: string, path: string, line?: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = line === undefined ? path : `${path}, line ${line}`;
    throw new StepFailure("BadInput", `${where} is not JSON (${(error as Error).message}).`, { cause: error });
  }
}

function stringify(value: unknown, indent?: number): string {
  const text: string | undefined = JSON.stringify(value, refuseInexact, indent);
  if (text === undefined) throw new StepFailure("BadInput", `${typeof value} cannot be written as JSON.`);
  return text;
}

/** JSON.stringify turns NaN and infinities into null: a failed measurement would be read back as "none". */
function refuseInexact(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new StepFailure("BadInput", `"${name}" is ${value}, which JSON cannot hold.`);
  }
  return value;
}

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { isMissing } from "../../../artifact/disk.ts";
import { splitLines } from "../../../split-lines.ts";

type Row = Readonly<Record<string, unknown>>;

/** What of a file could be read, and what is wrong with it: a sentence without its name. */
export interface Read<T> {
  readonly found: T | null;
  readonly problem?: string;
}

/** Rows of a JSON Lines file up to the first that is not whole. */
export async function readRows(path: string): Promise<Read<Row[]>> {
  const rows: Row[] = [];
  let number = 0;
  try {
    for await (const { text, torn } of splitLines(createReadStream(path))) {
      number += 1;
      if (text.trim() === "") continue;
      const row = parsed(text);
      if (!isObject(row)) {
        const how = torn ? "is cut off" : "is no JSON object";
        return { found: rows, problem: `line ${number} ${how}; ${rows.length} rows before it are whole` };
      }
      rows.push(row);
    }
  } catch (error) {
    if (isMissing(error)) return { found: null, problem: "is missing" };
    throw error;
  }
  return { found: rows };
}

/** A JSON file. */
export async function readValue<T>(path: string): Promise<Read<T>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return { found: null, problem: "is missing" };
    throw error;
  }
  const value = parsed(text);
  return value === undefined ? { found: null, problem: "is cut off, or no JSON" } : { found: value as T };
}

/** A text file; empty where there is none. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is wrong with it is the caller's to say: the parser's own words help nobody here.
    return undefined;
  }
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

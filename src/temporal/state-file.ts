import { readFileSync } from "node:fs";
import type { z } from "zod";

/**
 * Reads a file of the state folder; null when it is not there, and when it is torn or says something else than it
 * should: state belongs to a moment, and can be found out again.
 */
export function readState<T>(file: string, schema: z.ZodType<T>): T | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

import { readFile } from "node:fs/promises";
import { StepFailure } from "../failure.ts";

/**
 * A service's key: the value of an environment variable, or what is in the file that `<variable>_FILE` names. It is
 * read when it is needed, and kept nowhere.
 * @param variable null for a service without one
 * @throws {StepFailure} BadInput where there is none
 */
export async function serviceKey(variable: string | null): Promise<string | null> {
  if (variable === null) return null;
  const given = process.env[variable]?.trim();
  if (given) return given;
  const file = process.env[`${variable}_FILE`];
  if (file) {
    const read = await readFile(file, "utf8").catch((cause: unknown) => {
      throw new StepFailure("BadInput", `The file that ${variable}_FILE names cannot be read.`, { cause });
    });
    if (read.trim() !== "") return read.trim();
  }
  throw new StepFailure(
    "BadInput",
    `The service's key is missing: set ${variable}, or ${variable}_FILE, on the workers.`,
  );
}

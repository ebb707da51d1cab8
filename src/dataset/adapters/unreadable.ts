import { StepFailure } from "../../failure.ts";

/** What the system's refusals mean to a person who named a file; `%` stands for its name. */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "% does not exist; a file's path from the worker's root (--root) is needed.",
  ENOTDIR: "% does not exist; a file's path from the worker's root (--root) is needed.",
  EISDIR: "% is a folder; a file is needed.",
  EACCES: "% may not be read; give the worker's user the right to read it.",
  EPERM: "% may not be read; give the worker's user the right to read it.",
};

/** The failure of reading a user's file: BadInput where the system says what is wrong with it, else the error itself. */
export function unreadable(name: string, cause: unknown): unknown {
  const sentence = SENTENCES[String((cause as NodeJS.ErrnoException).code)];
  return sentence === undefined
    ? cause
    : new StepFailure(
        "BadInput",
        sentence.replace("%", () => name),
        { cause },
      );
}

import type { FailureType } from "./contract/failures.ts";

/** What every step throws: the type says what is done about it, the message is one sentence for a person. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly type: FailureType;
  readonly details: unknown;

  constructor(type: FailureType, message: string, options?: { cause?: unknown; details?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.details = options?.details;
  }
}

/** A user's quota is a full disk too: the write fails alike, and freeing space cures both. */
const NO_SPACE: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** Was there no space left, here or in anything that caused this? */
export function isDiskFull(error: unknown): boolean {
  return noSpaceCause(error) !== undefined;
}

/** Types what was thrown: failures as they are, a full disk as DiskFull, anything else as `fallback`. */
export function asStepFailure(error: unknown, fallback: FailureType): StepFailure {
  if (error instanceof StepFailure) return error;
  const noSpace = noSpaceCause(error);
  if (noSpace) {
    const where =
      noSpace.path === undefined ? "on the disk of the artifacts or of their scratch" : `for ${noSpace.path}`;
    return new StepFailure(
      "DiskFull",
      `No space was left ${where}; free some, and the step goes on from what was committed.`,
      { cause: error, details: { path: noSpace.path ?? null } },
    );
  }
  return new StepFailure(fallback, error instanceof Error ? error.message : String(error), { cause: error });
}

function noSpaceCause(error: unknown): NodeJS.ErrnoException | undefined {
  return causes(error).find(({ code }) => NO_SPACE.has(code));
}

/** An error and what caused it, outermost first. */
function causes(error: unknown): NodeJS.ErrnoException[] {
  const found: Error[] = [];
  // Bounded, because a cause may be its own ancestor.
  for (let at = error; at instanceof Error && found.length < 10; at = at.cause) found.push(at);
  return found;
}

/**
 * What the system refused, as a sentence for a person; undefined for what is not the system's word, or tells a person
 * nothing.
 */
export function systemSentence(error: unknown): string | undefined {
  const system = causes(error).find(({ code }) => code !== undefined && Object.hasOwn(REFUSALS, code));
  if (system === undefined) return undefined;
  return `${REFUSALS[system.code as keyof typeof REFUSALS](system.path ?? "what it needs")} (${system.code}).`;
}

const denied = (path: string): string =>
  `This user may not read or write ${path}: it, or a folder above it, is another user's or protected`;
const full = (path: string): string => `No space was left for ${path}; free some, and type it again`;

const REFUSALS = {
  EACCES: denied,
  EPERM: denied,
  EROFS: (path: string) => `${path} cannot be written: its file system is read-only`,
  ENOSPC: full,
  EDQUOT: full,
  EIO: (path: string) => `The disk could not read or write ${path}`,
  EMFILE: () => "Too many files are open at once; raise the limit (ulimit -n)",
};

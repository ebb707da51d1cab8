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

/**
 * What native writers say, whose errors have no code: the system's words (libvips, torch's pickles), safetensors' number,
 * which no language changes, and torch's zip, which only notices that its file is too short.
 */
const NO_SPACE_WORDS =
  /no space left on device|disk quota exceeded|\(os error (28|122)\)|inline_container\.cc.*unexpected pos/i;

/** Failures of the machine's, whose reason may be a full disk. What the others say is what happened. */
const OF_THE_MACHINE: readonly FailureType[] = ["Infrastructure", "ChildError", "ChildCrashed"];

/** May the reason of this be a full disk, as far as it says? */
export function mayBeDiskFull(error: unknown): boolean {
  return !(error instanceof StepFailure) || OF_THE_MACHINE.includes(error.type);
}

/** Was there no space left, here or in anything that caused this? */
export function isDiskFull(error: unknown): boolean {
  return noSpaceCause(error) !== undefined;
}

/** Types what was thrown: failures as they are, a full disk as DiskFull, anything else as `fallback`. */
export function asStepFailure(error: unknown, fallback: FailureType): StepFailure {
  const noSpace = mayBeDiskFull(error) ? noSpaceCause(error) : undefined;
  if (noSpace) return diskFull(noSpace.path ?? null, error);
  if (error instanceof StepFailure) return error;
  return new StepFailure(fallback, error instanceof Error ? error.message : String(error), { cause: error });
}

/** @param path what could not be written, or the folder on the disk that is full; null where nobody knows */
export function diskFull(path: string | null, cause: unknown): StepFailure {
  const where = path === null ? "on the disk of the artifacts or of their scratch" : `for ${path}`;
  return new StepFailure(
    "DiskFull",
    `No space was left ${where}; free some, and the step goes on from what was committed.`,
    { cause, details: { path } },
  );
}

function noSpaceCause(error: unknown): NodeJS.ErrnoException | undefined {
  // Bounded, because a cause may be its own ancestor.
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    const system: NodeJS.ErrnoException = at;
    if (NO_SPACE.has(system.code) || NO_SPACE_WORDS.test(at.message)) return system;
  }
  return undefined;
}

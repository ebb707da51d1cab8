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
  // Bounded, because a cause may be its own ancestor.
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    const system: NodeJS.ErrnoException = at;
    if (NO_SPACE.has(system.code)) return system;
  }
  return undefined;
}

import type { FailureType } from "./contract/failures.ts";

/** What every step throws: the type says what is done about it, the message is one sentence for a person. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly type: FailureType;
  readonly details: unknown;
  /** How long whoever refused asked to be left alone, in ms; undefined where the usual back-off is right. */
  readonly retryAfterMs: number | undefined;

  constructor(
    type: FailureType,
    message: string,
    options?: { cause?: unknown; details?: unknown; retryAfterMs?: number | undefined },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.details = options?.details;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Why a request did not get through: the system's code where there is one, whose message may name a secret address. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string }; message?: string };
  return cause?.code ?? message ?? String(error);
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
  return causes(error).find(({ code, message }) => NO_SPACE.has(code) || NO_SPACE_WORDS.test(message));
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

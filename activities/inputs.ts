import type { ArtifactStore } from "../src/artifact/store.ts";
import type { FailureType } from "../src/contract/failures.ts";
import { StepFailure } from "../src/failure.ts";

/**
 * Failures that bytes which changed after they were read cannot be the reason of. Every other one, be it a line that is
 * no JSON, an image that cannot be decoded, an adapter whose tensors are not finite or a sum that does not add up, may
 * have its reason in an input that this host trusts because it has hashed it once.
 */
const NOT_OF_THE_INPUTS: readonly FailureType[] = [
  "OutOfMemory",
  "ChildSilent",
  "WrongPolicy",
  "DiskFull",
  "Diverged",
  "ThresholdExceeded",
];

/** Keys that are named in one sentence. */
const SHOWN = 3;

/** The artifacts that a step was given or has opened. */
export interface Inputs {
  /** The store, for this attempt: it remembers what was opened. */
  readonly store: ArtifactStore;
  /**
   * What a failure comes to once the bytes of all inputs were looked at: ArtifactLost with the keys of all that are
   * broken, which are set aside then, or the failure as it was.
   */
  blame(failure: StepFailure, signal: AbortSignal): Promise<StepFailure>;
}

/** @param args the step's arguments: references in them are its inputs, opened already or not */
export function inputsOf(store: ArtifactStore, args: readonly unknown[]): Inputs {
  const keys = new Set(keysIn(args));
  return {
    store: {
      ...store,
      open(ref) {
        keys.add(ref.key);
        return store.open(ref);
      },
      remove(key) {
        // A checkpoint that the training itself has superseded.
        keys.delete(key);
        return store.remove(key);
      },
    },
    async blame(failure, signal) {
      if (NOT_OF_THE_INPUTS.includes(failure.type)) return failure;
      const broken = new Map<string, string>();
      // Said by the store itself, and set aside by it already.
      const said = lostBy(failure);
      if (said !== undefined) broken.set(said, failure.message);
      for await (const { key, problem } of store.verify({ setAside: true, keys: [...keys] })) {
        signal.throwIfAborted();
        if (problem !== undefined) broken.set(key, problem);
      }
      if (broken.size > 0) return lost(broken, failure);
      return failure.type === "ArtifactLost" ? wholeAllTheSame(failure) : failure;
    },
  };
}

function lost(broken: ReadonlyMap<string, string>, cause: StepFailure): StepFailure {
  const keys = [...broken.keys()].toSorted();
  const one = lostBy(cause);
  if (keys.length === 1 && keys[0] === one)
    return new StepFailure("ArtifactLost", cause.message, { details: { keys } });
  const named = keys.slice(0, SHOWN).map((key) => (key === one ? key : broken.get(key)!));
  const more = keys.length > SHOWN ? `, and ${keys.length - SHOWN} more` : "";
  const what = keys.length === 1 ? "An artifact" : `${keys.length} artifacts`;
  const sentence = `${what} cannot be used and must be made again: ${named.join(", ")}${more}.`;
  return new StepFailure("ArtifactLost", sentence, { cause, details: { keys } });
}

/** A runner calls a file lost by its looks. Where the bytes are those that were committed, making it again changes nothing. */
function wholeAllTheSame(failure: StepFailure): StepFailure {
  const sentence = `${failure.message} All artifacts of this step are as they were committed, so none was made again.`;
  return new StepFailure("ChildError", sentence, { cause: failure });
}

/** The key that the store names when it cannot open an artifact. */
function lostBy({ type, details }: StepFailure): string | undefined {
  if (type !== "ArtifactLost") return undefined;
  return (details as { key?: string } | undefined)?.key;
}

/** The keys of all references in a value, however deep. */
function keysIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { key, sha256 } = value as { key?: unknown; sha256?: unknown };
  if (typeof key === "string" && typeof sha256 === "string") return [key];
  return Object.values(value).flatMap(keysIn);
}

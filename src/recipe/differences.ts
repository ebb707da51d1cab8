/** A field in which two recipes differ. */
export interface Difference {
  /** "training.beta". */
  readonly field: string;
  /** "0.1 → 0.2". */
  readonly change: string;
}

/** The fields in which two recipes differ, in the order of the first. */
export function differencesOf(before: unknown, after: unknown, field = ""): Difference[] {
  if (isGroup(before) && isGroup(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differencesOf(before[name], after[name], field === "" ? name : `${field}.${name}`));
  }
  const [old, young] = [text(before), text(after)];
  return old === young ? [] : [{ field, change: `${old} → ${young}` }];
}

/** The same as texts: "training.beta 0.1 → 0.2". */
export function differences(before: unknown, after: unknown): string[] {
  return differencesOf(before, after).map(({ field, change }) => `${field} ${change}`);
}

/** What differs between two recipes of one run. */
export interface ChangedFields {
  /** "training.beta 0.1 → 0.2, …"; empty when nothing differs. */
  readonly fields: string;
  /** The fields among them that determine a result. */
  readonly counting: readonly string[];
}

/**
 * Beginnings of fields that determine no result in any recipe: whom it tells and where it is shown, how often something
 * is tried and how much is under way, and how and where answers are served.
 */
const INERT = /^(notify|track|retries|chunk\.window|answering\.(micro_batch|vllm|server)|simulate\.latency_ms)/;

/** @param inert beginnings of a pipeline's own fields that determine no result */
export function changedFields(before: object, after: object, inert?: RegExp): ChangedFields {
  const found = differencesOf({ ...before, $schema: undefined }, { ...after, $schema: undefined });
  return {
    fields: found.map(({ field, change }) => `${field} ${change}`).join(", "),
    counting: found.flatMap(({ field }) => (INERT.test(field) || inert?.test(field) ? [] : [field])),
  };
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return value === undefined ? "(absent)" : JSON.stringify(value);
}

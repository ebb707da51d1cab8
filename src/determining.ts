/**
 * A key or a name is made from all of a spec but what is said, with its reason, to determine nothing: a field that is
 * new belongs to it until somebody says otherwise. A setting that is in neither is silent: another one's result answers.
 */

/** Fields that determine nothing of what is made or served, each with why. */
export type Reasons<T> = { readonly [K in keyof T]?: string };

/** The spec without the fields that determine nothing. Write `reasons` down `as const satisfies Reasons<…>`. */
export function determining<T extends object, R extends Reasons<T>>(spec: T, reasons: R): Omit<T, keyof R> {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !(field in reasons))) as Omit<T, keyof R>;
}

/**
 * The spec without the fields that stand at these values: those that a field had in effect while keys knew nothing of
 * it, so that what was made then is found again. Constants: a recipe's default may change later, these may not.
 */
export function unlessBefore<T extends object>(spec: T, before: Partial<T>): Partial<T> {
  const kept = Object.entries(spec).filter(([field, value]) => before[field as keyof T] !== value);
  return Object.fromEntries(kept) as Partial<T>;
}

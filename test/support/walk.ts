import type { Reasons } from "../../src/determining.ts";

/** Another value for every field of a spec. A field that the spec gains has to be given one: the types ask for it. */
export type Others<T> = { readonly [K in keyof T]-?: T[K] };

/**
 * The fields that neither change the key nor are said to determine nothing, and those that do both: there must be none.
 * @param reasons what is said to determine nothing, in this key or elsewhere
 */
export function forgotten<T extends object>(
  spec: T,
  others: Others<T>,
  keyOf: (spec: T) => unknown,
  reasons: Reasons<T>,
): string[] {
  const key = JSON.stringify(keyOf(spec));
  return Object.entries(others).flatMap(([field, other]) => {
    const counts = JSON.stringify(keyOf({ ...spec, [field]: other })) !== key;
    if (JSON.stringify(spec[field as keyof T]) === JSON.stringify(other)) return [`${field} is not another value`];
    return counts === field in reasons ? [`${field} ${counts ? "counts" : "does not count"}`] : [];
  });
}

import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { StepFailure } from "../failure.ts";

/**
 * One text for equal values: object keys sorted by code unit, no white space, undefined members left out.
 *
 * Throws BadInput for what JSON would silently turn into null (NaN, infinities, undefined in a list), drop (functions,
 * symbols) or rewrite (dates, maps): two different values must never share a text.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isPlainObject(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  throw new StepFailure("BadInput", `${inspect(value)} has no canonical JSON; use a finite number, a text or null.`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** sha256 (64 hex digits) of a value's canonical JSON. */
export function canonicalDigest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

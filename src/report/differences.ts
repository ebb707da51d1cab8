/** The fields in which two recipes differ, as "training.beta 0.1 → 0.2", in the order of the first. */
export function differences(before: unknown, after: unknown, field = ""): string[] {
  if (isGroup(before) && isGroup(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differences(before[name], after[name], field === "" ? name : `${field}.${name}`));
  }
  const [old, young] = [text(before), text(after)];
  return old === young ? [] : [`${field} ${old} → ${young}`];
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return value === undefined ? "(absent)" : JSON.stringify(value);
}

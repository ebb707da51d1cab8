/** One thing that a machine was asked for. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to type or do, where something is missing. */
  readonly todo?: string;
}

/** A line for each finding: `ok` or `missing`, and what to type. */
export function doctorLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map((each) => each.what.length));
  return findings.map(({ what, ok, found, todo }) => {
    const advice = todo === undefined ? "" : `   → ${todo}`;
    return `${ok ? "ok     " : "missing"}  ${what.padEnd(width)}  ${found}${advice}`;
  });
}

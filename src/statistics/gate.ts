import type { PairedChange } from "./bootstrap.ts";

export interface Gated {
  readonly decision: "promote" | "roll_back";
  readonly reason: string;
}

/**
 * Which policy the next shard is sampled from.
 *
 * `promote` always takes the new one. `roll_back` refuses it only when it is measurably worse: the upper end of the
 * two-sided 95 % interval of the paired change in accuracy on val is below 0. Not measured is not worse.
 * `ask` leaves the decision to a person, who is told the change.
 */
export function decideGate(mode: "promote" | "roll_back" | "ask", paired: PairedChange | null): Gated {
  if (!paired) return { decision: "promote", reason: "nothing was measured on val" };
  const change = `${signed(paired.change)} on val (95 % interval ${signed(paired.low)} to ${signed(paired.high)})`;
  if (mode === "roll_back" && paired.high < 0) return { decision: "roll_back", reason: `measurably worse: ${change}` };
  if (mode === "promote") return { decision: "promote", reason: `the recipe promotes every policy: ${change}` };
  if (mode === "ask") return { decision: "promote", reason: change };
  return { decision: "promote", reason: `not measurably worse: ${change}` };
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

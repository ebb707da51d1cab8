import type { Gated, GateMode } from "../contract/gate.ts";
import type { PairedChange } from "./bootstrap.ts";

/**
 * Which of two policies stays.
 *
 * `promote` always takes the new one. `roll_back` refuses it only when it is measurably worse: the upper end of the
 * two-sided 95 % interval of the paired change is below 0. Not measured is not worse. `ask` leaves the decision to a
 * person, who is told the change.
 * @param split the part of the items that was compared on, for the sentence
 */
export function decideGate(mode: Exclude<GateMode, "off">, paired: PairedChange | null, split: string): Gated {
  if (!paired) return { decision: "promote", reason: `nothing was measured on ${split}` };
  const change = `${signed(paired.change)} on ${split} (95 % interval ${signed(paired.low)} to ${signed(paired.high)})`;
  if (mode === "roll_back" && paired.high < 0) return { decision: "roll_back", reason: `measurably worse: ${change}` };
  if (mode === "promote") return { decision: "promote", reason: `the recipe promotes every policy: ${change}` };
  if (mode === "ask") return { decision: "promote", reason: change };
  return { decision: "promote", reason: `not measurably worse: ${change}` };
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

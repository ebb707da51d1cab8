import { type Fault, judgePlan } from "./judge.ts";
import type { Wanted } from "./truth.ts";

/** No action of any table that a recipe would write. */
const NO_ACTION = "Teleport";

/** A right plan with a fault put in by rule; null where the rule does not bring it about. */
export function spoil(wanted: Wanted, fault: Fault): string | null {
  const lines = wanted.plan.actions.map(({ verb, args }) => `${verb}(${args.join(", ")})`);
  const spoilt = RULES[fault](lines);
  return judgePlan(spoilt, wanted).fault === fault ? spoilt : null;
}

const RULES: Readonly<Record<Fault, (lines: readonly string[]) => string>> = {
  format: (lines) => `I would ${lines.map((line) => line.replaceAll(/[()]/g, " ").toLowerCase()).join("and then ")}.`,
  action: ([first = "", ...rest]) => [first.replace(/^\w+/, NO_ACTION), ...rest].join("\n"),
  // Without the way to it, what is picked is out of reach; a plan that does nothing but go loses its end.
  state_transition: (lines) => {
    const there = lines.findIndex((line) => !line.startsWith("Navigate"));
    return (there > 0 ? lines.slice(there) : lines.slice(0, -1)).join("\n");
  },
  // There and back again: going where one is, is legal.
  inefficient: (lines) => {
    const walk = lines.find((line) => line.startsWith("Navigate")) ?? "";
    const at = lines.indexOf(walk);
    return [...lines.slice(0, at), walk, walk, walk, ...lines.slice(at + 1)].join("\n");
  },
};

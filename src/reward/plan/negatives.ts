import { type Fault, judgePlan } from "./judge.ts";
import type { Wanted } from "./truth.ts";

/** No action of any table that a recipe would write. */
const NO_ACTION = "Teleport";

/** A right plan with a fault put in by rule. @throws {RangeError} where the rule does not bring it about */
export function spoil(wanted: Wanted, fault: Fault): string {
  const lines = wanted.plan.actions.map(({ verb, args }) => `${verb}(${args.join(", ")})`);
  const spoilt = RULES[fault](lines);
  if (judgePlan(spoilt, wanted).fault === fault) return spoilt;
  throw new RangeError(`no ${fault} fault can be made of this plan: ${lines.join("; ")}`);
}

const RULES: Readonly<Record<Fault, (lines: readonly string[]) => string>> = {
  format: (lines) => `I would ${lines.map((line) => line.replaceAll(/[()]/g, " ").toLowerCase()).join("and then ")}.`,
  action: ([first = "", ...rest]) => [first.replace(/^\w+/, NO_ACTION), ...rest].join("\n"),
  // Without the way to it, what is picked is out of reach; a plan that goes nowhere loses its end.
  state_transition: (lines) =>
    (lines[0]?.startsWith("Navigate") && lines.length > 1 ? lines.slice(1) : lines.slice(0, -1)).join("\n"),
  // There and back again: going where one is, is legal.
  inefficient: (lines) => {
    const walk = lines.find((line) => line.startsWith("Navigate")) ?? "";
    const at = lines.indexOf(walk);
    return [...lines.slice(0, at), walk, walk, walk, ...lines.slice(at + 1)].join("\n");
  },
};

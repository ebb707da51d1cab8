import { type Actions, ILLEGAL, type State } from "./actions.ts";
import { thing, type PlannedAction } from "./parse.ts";

/** An action as the machine took it. */
export interface Taken {
  readonly action: PlannedAction;
  /** Is it an action of the table, with something to act on that is there? */
  readonly valid: boolean;
  /** Could it be done where it stands? */
  readonly legal: boolean;
  readonly reward: number;
  readonly before: State;
}

/**
 * Runs a plan from INIT. What is no valid action is illegal, too: it changes no state.
 * @param things what there is in the scene; undefined where nobody knows
 */
export function runPlan(
  plan: readonly PlannedAction[],
  actions: Actions,
  things: readonly string[] | undefined,
): Taken[] {
  const known = things && new Set(things.map(thing));
  let state: State = "INIT";
  return plan.map((action): Taken => {
    const before = state;
    const { verb, args } = action;
    const there = args.length > 0 && args.every((each) => known?.has(each) ?? true);
    const valid = Object.hasOwn(actions, verb) && there;
    const step = valid ? actions[verb]![before] : undefined;
    if (step !== undefined) state = step.to;
    return { action, valid, legal: step !== undefined, reward: step?.reward ?? ILLEGAL, before };
  });
}

/** An object, and the place that it was picked up at; undefined where the plan went nowhere before. */
interface Held {
  readonly object: string;
  readonly from: string | undefined;
}

/** What a plan comes to by legal steps alone: which objects it moves where, what it holds, and what else it does. */
export interface Done {
  readonly held: Held | undefined;
  readonly moved: readonly (Held & { readonly to: string })[];
  readonly other: readonly string[];
}

/** The machine knows states, and no places: an object is moved from a place and to a place only by who stands there. */
export function doneBy(taken: readonly Taken[]): Done {
  let held: Held | undefined;
  let place: string | undefined;
  const moved: (Held & { to: string })[] = [];
  const other: string[] = [];
  for (const { action, legal } of taken) {
    if (!legal) continue;
    const { verb, args } = action;
    if (verb === "Navigate") place = args.at(-1);
    else if (verb === "Pick") held = { object: args[0]!, from: place };
    else if (verb === "Place") {
      if (held !== undefined && args.at(-1) === place) moved.push({ ...held, to: args.at(-1)! });
      held = undefined;
    } else other.push(`${verb}(${args.join(", ")})`);
  }
  return { held, moved, other };
}

/** Is everything done that a right plan does? */
export function does(done: Done, wanted: Done): boolean {
  return (
    (wanted.held === undefined || (done.held !== undefined && same(done.held, wanted.held))) &&
    wanted.moved.every((each) => done.moved.some((own) => same(own, each) && own.to === each.to)) &&
    wanted.other.every((each) => done.other.includes(each))
  );
}

function same(one: Held, other: Held): boolean {
  return one.object === other.object && one.from === other.from;
}

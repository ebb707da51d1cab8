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

/** What a plan comes to by legal steps alone: which objects it moves where, what it holds, and what else it does. */
export interface Done {
  readonly held: string | undefined;
  readonly moved: readonly { readonly object: string; readonly to: string }[];
  readonly other: readonly string[];
}

/** An object is moved to a place only by who stands there: the machine knows states, and no places. */
export function doneBy(taken: readonly Taken[]): Done {
  let held: string | undefined;
  let place: string | undefined;
  const moved: { object: string; to: string }[] = [];
  const other: string[] = [];
  for (const { action, legal } of taken) {
    if (!legal) continue;
    const { verb, args } = action;
    if (verb === "Navigate") place = args.at(-1);
    else if (verb === "Pick") held = args[0];
    else if (verb === "Place") {
      if (held !== undefined && args.at(-1) === place) moved.push({ object: held, to: args.at(-1)! });
      held = undefined;
    } else other.push(`${verb}(${args.join(", ")})`);
  }
  return { held, moved, other };
}

/** Is everything done that a right plan does? */
export function does(done: Done, wanted: Done): boolean {
  const has = (each: Done["moved"][number]): boolean =>
    done.moved.some(({ object, to }) => object === each.object && to === each.to);
  return (
    (wanted.held === undefined || done.held === wanted.held) &&
    wanted.moved.every(has) &&
    wanted.other.every((each) => done.other.includes(each))
  );
}

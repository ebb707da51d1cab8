import { doneBy, does, runPlan, type Taken } from "./machine.ts";
import { parsePlan, type PlannedAction } from "./parse.ts";
import type { Wanted } from "./truth.ts";

/** The five parts of the process reward, each in [−1, 1]. */
export interface PlanParts {
  readonly format: number;
  readonly action: number;
  readonly transition: number;
  readonly task: number;
  readonly efficiency: number;
}

export const PLAN_WEIGHTS = { format: 0.1, action: 0.25, transition: 0.25, task: 0.25, efficiency: 0.15 } as const;
export const PLAN_PARTS = Object.keys(PLAN_WEIGHTS) as (keyof PlanParts)[];

/** What is wrong with a plan first. */
export const FAULTS = ["format", "action", "state_transition", "inefficient"] as const;
export type Fault = (typeof FAULTS)[number];

export interface JudgedPlan {
  readonly parts: PlanParts;
  /** The weighted sum of the parts, in [−1, 1]. */
  readonly reward: number;
  /** Empty where nothing could be read. */
  readonly taken: readonly Taken[];
  readonly done: boolean;
  /** null: nothing. */
  readonly fault: Fault | null;
  /** What the reward of the task is made of; absent where the right plan has none of it. */
  readonly task: { readonly picked?: number; readonly placed?: number; readonly navigated?: number };
  /** Of each of its navigations: does it go where the right plan goes? */
  readonly walks: readonly boolean[];
}

const SPURIOUS = 0.5;
const WRONG_THING = -0.5;
/** What a plan is worth that does the task in at most so many steps. */
const EFFICIENT = [
  { steps: 4, worth: 1 },
  { steps: 6, worth: 0.5 },
  { steps: 8, worth: 0 },
] as const;
const LONG = -0.5;

const UNREADABLE: PlanParts = { format: -1, action: -1, transition: -1, task: -1, efficiency: -1 };

/**
 * The hierarchical process reward of a plan: .1 format + .25 action + .25 transition + .25 task + .15 efficiency.
 *
 * format: 1, .5 with text that is no action. action: 2 · valid share − 1. transition: the mean reward of the steps, as
 * the machine takes them, in [−1, 1]. task: the mean of what the right plan has: picked what it picks, placed where it
 * places (1 or −.5), and 2 · share − 1 of the navigations that go where it goes, each as often as it does; those that
 * are missing count as those that go elsewhere, or going to the last place alone would be as good. efficiency: by the number of steps, and
 * 0 for a plan that does not do the task: a short plan is no merit then. A text without an action: −1 in everything.
 */
export function judgePlan(text: string, wanted: Wanted): JudgedPlan {
  const plan = parsePlan(text, wanted.actions);
  if (plan === null)
    return { parts: UNREADABLE, reward: -1, taken: [], done: false, fault: "format", task: {}, walks: [] };
  const taken = runPlan(plan.actions, wanted.actions, wanted.things);
  const done = does(doneBy(taken), wanted.done);
  const walks = walksOf(taken, wanted);
  const task = taskParts(taken, wanted, walks);
  const parts: PlanParts = {
    format: plan.spurious ? SPURIOUS : 1,
    action: 2 * mean(taken.map(({ valid }) => Number(valid))) - 1,
    transition: Math.max(-1, Math.min(1, mean(taken.map(({ reward }) => reward)))),
    task: mean(Object.values(task)),
    efficiency: done ? (EFFICIENT.find(({ steps }) => taken.length <= steps)?.worth ?? LONG) : 0,
  };
  const reward = PLAN_PARTS.reduce((sum, part) => sum + PLAN_WEIGHTS[part] * parts[part], 0);
  return { parts, reward, taken, done, fault: faultOf(parts, { taken, task, done }, wanted), task, walks };
}

function taskParts(taken: readonly Taken[], { plan }: Wanted, walks: JudgedPlan["walks"]): JudgedPlan["task"] {
  const wanted = plan.actions;
  const own = taken.map(({ action }) => action);
  const of = (actions: typeof wanted, verb: string, place: 0 | -1): Set<string> =>
    new Set(actions.filter((each) => each.verb === verb).map(({ args }) => args.at(place) ?? ""));
  const same = (verb: string, place: 0 | -1): number | undefined => {
    const right = of(wanted, verb, place);
    if (right.size === 0) return undefined;
    const found = of(own, verb, place);
    return found.size === right.size && [...right].every((each) => found.has(each)) ? 1 : WRONG_THING;
  };
  const picked = same("Pick", 0);
  const placed = same("Place", -1);
  const right = wanted.filter(({ verb }) => verb === "Navigate").length;
  const share = walks.filter(Boolean).length / Math.max(1, walks.length, right);
  return {
    ...(picked !== undefined && { picked }),
    ...(placed !== undefined && { placed }),
    ...(right > 0 && { navigated: 2 * share - 1 }),
  };
}

/**
 * Each place of the right plan is gone to once for every time that it goes there. Where a plan goes there more often, the
 * navigation counts that what is done there follows: otherwise one that goes to the last place first would have the merit.
 */
function walksOf(taken: readonly Taken[], { plan }: Wanted): boolean[] {
  const left = walksIn(plan.actions);
  const own = walksIn(taken.map(({ action }) => action));
  const right = own.map(() => false);
  for (const toTheSame of [true, false]) {
    for (const [index, { place, next }] of own.entries()) {
      if (right[index]) continue;
      const at = left.findIndex((each) => each.place === place && (each.next === next || !toTheSame));
      if (at < 0) continue;
      left.splice(at, 1);
      right[index] = true;
    }
  }
  return right;
}

/** Where navigations lead to, and the action that follows. */
function walksIn(actions: readonly PlannedAction[]): { place: string; next: string | undefined }[] {
  return actions.flatMap(({ verb, args }, at) =>
    verb === "Navigate" ? [{ place: args.at(-1) ?? "", next: actions[at + 1]?.verb }] : [],
  );
}

/** The first of: not readable as it is; an action that is none or is done to the wrong thing; a step that cannot be
 * done, or one that is missing; more steps than the right plan has. */
function faultOf(
  { format, action }: PlanParts,
  { taken, task, done }: Pick<JudgedPlan, "taken" | "task" | "done">,
  wanted: Wanted,
): Fault | null {
  if (format < 1) return "format";
  const has = (verb: string): boolean => taken.some((each) => each.action.verb === verb);
  const wrongThing = ((task.picked ?? 1) < 1 && has("Pick")) || ((task.placed ?? 1) < 1 && has("Place"));
  if (action < 1 || wrongThing) return "action";
  if (taken.some(({ legal }) => !legal) || !done) return "state_transition";
  return taken.length > wanted.plan.actions.length ? "inefficient" : null;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}

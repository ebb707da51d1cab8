import { z } from "zod";
import { type Actions, actionsWith, STATES } from "./actions.ts";
import { doneBy, type Done, runPlan } from "./machine.ts";
import { type ParsedPlan, parsePlan } from "./parse.ts";

const step = z
  .strictObject({
    to: z.enum(STATES).describe("The state after it"),
    reward: z.number().min(-1).max(1).describe("What the step is worth"),
  })
  .describe("A legal step");

/** Actions beside HARP's own, as a recipe writes them. */
export const moreActions = z.record(
  z.string().regex(/^[A-Za-z_]+$/, "letters and _ are needed"),
  z.partialRecord(z.enum(STATES), step),
);

const written = z.strictObject({
  plan: z.string(),
  things: z.array(z.string()).optional(),
  actions: moreActions.optional(),
});
/** What a plan is judged by: a right one, what there is in the scene, and actions beside HARP's. As JSON in a row. */
export type PlanTruth = z.output<typeof written>;

/** A truth, ready to judge by. */
export interface Wanted {
  readonly actions: Actions;
  readonly things: readonly string[] | undefined;
  readonly plan: ParsedPlan;
  readonly done: Done;
}

/** @returns what is wrong with it, as the end of a sentence that begins with its row */
export function wantedOf(truth: string): Wanted | { readonly problem: string } {
  let read: z.ZodSafeParseResult<PlanTruth>;
  try {
    read = written.safeParse(truth.trimStart().startsWith("{") ? JSON.parse(truth) : { plan: truth });
  } catch {
    return { problem: "has a truth that is no JSON" };
  }
  if (!read.success) return { problem: `has a truth that is not usable (${read.error.issues[0]!.message})` };
  const { plan: text, things, actions: more } = read.data;
  const actions = actionsWith(more);
  const plan = parsePlan(text, actions);
  if (plan === null || plan.spurious) return { problem: "has a true plan that is none" };
  const taken = runPlan(plan.actions, actions, things);
  const wrong = taken.findIndex(({ legal }) => !legal);
  if (wrong >= 0) {
    const { valid, before } = taken[wrong]!;
    const why = valid ? `cannot be done in the state ${before}` : "is no action on anything that is there";
    return { problem: `has a true plan whose action ${wrong + 1} ${why}` };
  }
  const done = doneBy(taken);
  if (done.held === undefined && done.moved.length + done.other.length === 0) {
    return { problem: "has a true plan that comes to nothing" };
  }
  return { actions, things, plan, done };
}

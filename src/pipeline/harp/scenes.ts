import { z } from "zod";
import { StepFailure } from "../../failure.ts";
import { judgePlan } from "../../reward/plan/judge.ts";
import { actionsWith } from "../../reward/plan/actions.ts";
import { parsePlan } from "../../reward/plan/parse.ts";
import { type PlanTruth, wantedOf } from "../../reward/plan/truth.ts";
import { rng, seedFor, shuffled } from "../../seed.ts";

/** An image of a scene, a line of scenes.jsonl. */
export interface Scene {
  readonly id: string;
  /** Its name below the folder of scenes. */
  readonly image: string;
  /** sha256 of its bytes, and of its pixels. */
  readonly bytes: string;
  readonly pixels: string;
}

/** What was asked of a scene and what it cost, in US dollars. */
export interface SceneTasks {
  readonly id: string;
  readonly image: string;
  readonly cost: number;
  /** What there is in it. */
  readonly things: readonly string[];
  readonly tasks: readonly string[];
  /** Why there is no task. */
  readonly reason?: string;
}

/** A task with its plan, or why that is none to learn from. */
export interface TaskPlan {
  readonly task: string;
  readonly plan: string;
  readonly reason?: string;
}

export interface ScenePlans {
  readonly id: string;
  readonly image: string;
  readonly cost: number;
  readonly things: readonly string[];
  readonly plans: readonly TaskPlan[];
  readonly reason?: string;
}

export function tasksPrompt(count: number): string {
  return (
    `A robot with one hand stands in this scene. List the things in it that it could pick up and the places where it ` +
    `could put them, then ${count} different tasks of bringing one thing to one place. Answer with JSON alone: ` +
    `{"things": ["apple", "table"], "tasks": ["Put the apple on the table."]}`
  );
}

export function plansPrompt({ things, tasks }: Pick<SceneTasks, "things" | "tasks">): string {
  const numbered = tasks.map((task, at) => `${at + 1}. ${task}`).join("\n");
  return (
    `A robot with one hand stands in this scene, in which there are: ${things.join(", ")}. Plan each task with the ` +
    `actions Navigate(place), Pick(object) and Place(place), with the names above and as few steps as possible.\n` +
    `${numbered}\nAnswer with JSON alone, a plan for each task, in their order: ` +
    `{"plans": [["Navigate(table)", "Pick(apple)", "Navigate(sink)", "Place(sink)"]]}`
  );
}

const name = z.string().trim().min(1).max(200);
const tasksAnswer = z.object({ things: z.array(name).min(1), tasks: z.array(name).min(1) });
const plansAnswer = z.object({ plans: z.array(z.array(z.string())) });

/** The tasks of an answer, or why it has none. */
export function readTasks(text: string, most: number): Pick<SceneTasks, "things" | "tasks" | "reason"> {
  const read = tasksAnswer.safeParse(jsonIn(text));
  if (!read.success) return { things: [], tasks: [], reason: "the answer has no things and tasks as JSON" };
  return { things: read.data.things, tasks: [...new Set(read.data.tasks)].slice(0, most) };
}

/** The plans of an answer, each checked by the state machine. */
export function readPlans(
  text: string,
  { things, tasks }: Pick<SceneTasks, "things" | "tasks">,
  actions: PlanTruth["actions"],
): Pick<ScenePlans, "plans" | "reason"> {
  const read = plansAnswer.safeParse(jsonIn(text));
  if (!read.success) return { plans: [], reason: "the answer has no plans as JSON" };
  const { plans } = read.data;
  if (plans.length !== tasks.length) {
    return { plans: [], reason: `the answer has ${plans.length} plans for ${tasks.length} tasks` };
  }
  return {
    plans: tasks.map((task, at): TaskPlan => {
      const plan = plans[at]!.join("\n");
      const wanted = wantedOf(truthOf(plan, things, actions));
      if ("problem" in wanted) return { task, plan, reason: wanted.problem.replace(/^has a true plan/, "a plan") };
      const { fault } = judgePlan(plan, wanted);
      return fault === null ? { task, plan } : { task, plan, reason: `a plan with a fault (${fault})` };
    }),
  };
}

/** What plans of a task are judged by. */
export function truthOf(plan: string, things: readonly string[], actions: PlanTruth["actions"]): string {
  return JSON.stringify({ plan, things, ...(actions && { actions }) });
}

/**
 * A plan without the navigations that another one follows at once. It comes to the same: nothing is done where they lead
 * to, and they lead to the same state. A service's plan is imitated as it is; this is what plans of its task are held
 * to, or a policy would be paid for the service's detours.
 */
export function withoutDetours(plan: string, more: PlanTruth["actions"]): string {
  const actions = parsePlan(plan, actionsWith(more))?.actions ?? [];
  return actions
    .filter(({ verb }, at) => verb !== "Navigate" || actions[at + 1]?.verb !== "Navigate")
    .map(({ from, to }) => plan.slice(from, to))
    .join("\n");
}

/** JSON that stands alone or between fences; undefined where there is none. */
function jsonIn(text: string): unknown {
  const inside = /```(?:json)?\s*\n([\s\S]*?)\n```/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(inside);
  } catch {
    return undefined;
  }
}

const THINGS = ["apple", "cup", "book", "towel"];
const PLACES = ["table", "sink", "shelf", "sofa"];

/** What a simulated service answers about an image, by its bytes: rehearses the build without a service. */
export function simulatedAnswer(prompt: string, bytes: string): string {
  const next = rng(seedFor(bytes, "scene"));
  const objects = shuffled(THINGS, next);
  const places = shuffled(PLACES, next);
  if (!prompt.includes('"plans"')) {
    const asked = Number(/then (\d+) different/.exec(prompt)?.[1] ?? 1);
    const tasks = objects.slice(0, asked).map((object, at) => `Put the ${object} on the ${places[(at + 1) % 4]!}.`);
    return JSON.stringify({ things: [...objects, ...places], tasks });
  }
  const tasks = [...prompt.matchAll(/Put the (\w+) on the (\w+)\./g)];
  if (tasks.length === 0) throw new StepFailure("BadInput", "A simulated service was asked for no tasks of its own.");
  const plans = tasks.map(([, object, place]) => [
    `Navigate(${places[(places.indexOf(place!) + 3) % 4]!})`,
    `Pick(${object})`,
    `Navigate(${place})`,
    `Place(${place})`,
  ]);
  return JSON.stringify({ plans });
}

import type { Recipe } from "../recipe/index.ts";
import type { Rates } from "../recipe/rates.ts";
import { type RunWork, total, type Work } from "./work.ts";

export type Worker = "planner" | "executor" | "critic" | "trainer";

/** How long a run takes at the recipe's rates. */
export interface TimeUse {
  /** Device-hours of each role that has a rate. */
  readonly hours: Readonly<Partial<Record<Worker, number>>>;
  /** Roles that have work and no rate. */
  readonly unknown: readonly Worker[];
  /** Null while a role with work has no rate. */
  readonly wallHours: number | null;
  /** Who is waited for most, and the run's hours with four times its devices. */
  readonly bottleneck: {
    readonly role: Worker;
    readonly devices: number;
    readonly wallHoursWithFourTimes: number;
  } | null;
}

/** Seconds of work for each role on one device. */
type Load = Readonly<Record<Worker, number>>;

const WORKERS: readonly Worker[] = ["planner", "executor", "critic", "trainer"];

/** What more devices for the slowest role are worth is shown for this many times as many. */
const TIMES = 4;
const HOUR_S = 3600;

/** Reckons hours; undefined when the recipe has no rates. */
export function timeOf(recipe: Recipe, work: RunWork): TimeUse | undefined {
  const { rates } = recipe;
  if (rates === undefined) return undefined;
  const stages = stagesOf(work, rates);
  const seconds = (role: Worker): number => stages.reduce((sum, stage) => sum + stage[role], 0);
  const busy = WORKERS.filter((role) => unitsOf(work)[role] > 0);
  const unknown = busy.filter((role) => rates[role] === undefined);
  const known = busy.filter((role) => rates[role] !== undefined);
  const wall = (more?: Worker): number =>
    stages.reduce((sum, stage) => sum + stageSeconds(recipe, stage, devicesOf(rates, more)), 0) / HOUR_S;
  const role = known.toSorted((a, b) => seconds(b) / devicesOf(rates)(b) - seconds(a) / devicesOf(rates)(a))[0];
  const complete = unknown.length === 0 && role !== undefined;
  return {
    hours: Object.fromEntries(known.map((each) => [each, seconds(each) / HOUR_S])),
    unknown,
    wallHours: complete ? wall() : null,
    bottleneck: complete ? { role, devices: devicesOf(rates)(role), wallHoursWithFourTimes: wall(role) } : null,
  };
}

/** Parts of a run that come one after the other: floors and base, then of each iteration label, train, evaluate. */
function stagesOf({ labelling, trained, evaluation }: RunWork, rates: Rates): Load[] {
  const stages = evaluation
    ? [
        load(
          total([
            [evaluation.floors, 1],
            [evaluation.policy, 1],
          ]),
          0,
          rates,
        ),
      ]
    : [];
  for (const [iteration, work] of labelling.entries()) {
    stages.push(load(work, 0, rates), load(NOTHING, trained[iteration] ?? 0, rates));
    if (evaluation) stages.push(load(evaluation.policy, 0, rates));
  }
  return stages;
}

const NOTHING: Work = { completions: 0, views: 0, answers: 0 };

function load(work: Work, pairs: number, { planner, executor, critic, trainer }: Rates): Load {
  return {
    planner: planner ? work.completions / planner.completions_per_s : 0,
    executor: executor ? work.views / executor.views_per_s : 0,
    critic: critic ? work.answers / critic.answers_per_s : 0,
    trainer: trainer ? pairs / trainer.pairs_per_s : 0,
  };
}

function unitsOf({ labelling, trained, evaluation }: RunWork): Load {
  const parts = labelling.map((each) => [each, 1] as const);
  const all = total(evaluation ? [...parts, [evaluation.floors, 1], [evaluation.policy, evaluation.policies]] : parts);
  const pairs = trained.reduce((sum, each) => sum + each, 0);
  return { planner: all.completions, executor: all.views, critic: all.answers, trainer: pairs };
}

function devicesOf(rates: Rates, more?: Worker): (role: Worker) => number {
  return (role) => (rates[role]?.devices ?? 1) * (role === more ? TIMES : 1);
}

/** Chunks flow through the roles, so a stage takes as long as its slowest one; staged, the roles follow each other. */
function stageSeconds({ loop }: Recipe, stage: Load, devices: (role: Worker) => number): number {
  const each = WORKERS.map((role) => stage[role] / devices(role));
  return loop.schedule === "stream" ? Math.max(...each) : each.reduce((sum, seconds) => sum + seconds, 0);
}

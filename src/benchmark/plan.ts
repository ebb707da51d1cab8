import { z } from "zod";
import { FAULTS, judgePlan, type JudgedPlan } from "../reward/plan/judge.ts";
import { wantedOf } from "../reward/plan/truth.ts";
import type { Benchmark, Judged } from "./benchmark.ts";

/** What is asked behind the task: one action a line. */
const ASK =
  "Plan it for a robot with one hand: one action a line, each of them Navigate(place), Pick(object) or Place(place).";

const settings = z.strictObject({});

/** Embodied plans: right is a plan that does its task without a fault. Its truth is JSON, as src/reward/plan reads it. */
export const plan: Benchmark<z.output<typeof settings>> = {
  settings,
  variant: () => "plans without a fault",
  problem({ answer }) {
    if (answer === undefined) return "it has no answer";
    const wanted = wantedOf(answer);
    return "problem" in wanted ? `it ${wanted.problem}` : undefined;
  },
  ask: ({ question }, images) => [
    {
      role: "user",
      content: [
        ...images.map((image) => ({ type: "image" as const, image })),
        { type: "text", text: planPrompt(question) },
      ],
    },
  ],
  judge({ answer }, text) {
    const judged = judgedOf({ truth: answer ?? "", text });
    // What was read of it: its fault; nothing where no line of it is an action.
    return { said: judged.taken.length === 0 ? null : (judged.fault ?? "right"), correct: judged.fault === null };
  },
  measures: {
    format_accuracy: (answer) => (judgedOf(answer).parts.format === 1 ? 1 : 0),
    action_accuracy: (answer) => shareOf(judgedOf(answer), ({ valid }) => valid),
    transition_accuracy: (answer) => shareOf(judgedOf(answer), ({ legal }) => legal),
    task_completion: (answer) => Number(judgedOf(answer).done),
    steps: (answer) => judgedOf(answer).taken.length,
    h_prm: (answer) => judgedOf(answer).reward,
    ...Object.fromEntries(
      FAULTS.map((fault) => [`fault ${fault}`, (answer: Judged) => Number(judgedOf(answer).fault === fault)]),
    ),
  },
};

/** The text that goes with a task's picture. */
export function planPrompt(task: string): string {
  return `${task}\n${ASK}`;
}

function judgedOf({ truth, text }: Pick<Judged, "truth" | "text">): JudgedPlan {
  const wanted = wantedOf(truth);
  if ("problem" in wanted) throw new RangeError(`an item that ${wanted.problem} cannot be judged`);
  return judgePlan(text, wanted);
}

/** Of a text without an action: none. */
function shareOf({ taken }: JudgedPlan, is: (each: JudgedPlan["taken"][number]) => boolean): number {
  return taken.length === 0 ? 0 : taken.filter(is).length / taken.length;
}

import { planPrompt } from "../../src/benchmark/plan.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import type { GrpoRow } from "../../src/training/grpo.ts";
import type { SftRow } from "../../src/training/sft.ts";

type Task = Pick<ImportedQuestion, "id" | "images" | "question">;

/** A plan to imitate. */
export function imitated(task: Task, plan: string): SftRow {
  return { ...askedOf(task), answer: plan };
}

/** A task to plan for the reward. @param references plans that those of its group are compared with */
export function rewarded(task: Task & { readonly answer: string }, references: readonly string[]): GrpoRow {
  return { ...askedOf(task), truth: task.answer, kind: "plan", references };
}

function askedOf({ id, images, question }: Task) {
  return { id, image: images, policy: "", system: null, prompt: planPrompt(question) };
}

import { benchmarkOf } from "../../benchmark/index.ts";
import { loadQuestions } from "../../dataset/questions.ts";
import { questionFile } from "../../dataset/source.ts";
import { count, plural, size } from "../../numbers.ts";
import type { Plan } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";
import { nameOf } from "./rules.ts";

/** Bytes of a row without its text, and of a token of text. */
const ROW = 800;
const TOKEN = 4;
/** A row is in its chunk, in the index of its pass, in the measurement, and once more as a score. */
const COPIES = 4;

/** Reckons what an evaluation does: every policy answers every question once. */
export async function planEvaluation(root: string, recipe: Recipe): Promise<Plan> {
  const { name, policies, benchmarks, answering } = recipe;
  const asked: { readonly benchmark: string; readonly questions: number }[] = [];
  for (const each of benchmarks) {
    const { questions } = await loadQuestions(questionFile(root, each.data, benchmarkOf(each.benchmark).set));
    asked.push({ benchmark: nameOf(each), questions: Math.min(questions.length, each.max_questions ?? Infinity) });
  }
  const questions = asked.reduce((sum, each) => sum + each.questions, 0);
  const answers = questions * policies.length;
  const disk = answers * COPIES * (ROW + answering.max_new_tokens * TOKEN);
  return {
    disk,
    json: (free) => ({ run: name, policies: policies.length, benchmarks: asked, answers, disk, free }),
    lines: (free) => [
      `${name}   ${plural(answers, "answer")}`,
      `  policies    ${policies.map((each) => each.name).join(", ")}`,
      ...asked.map(({ benchmark, questions: each }) => `  benchmark   ${benchmark}: ${plural(each, "question")}`),
      `  disk        ${size(disk)}${free === null ? "" : `; ${size(free)} are free`}`,
      `  each        at most ${count(answering.max_new_tokens)} tokens, read greedily`,
    ],
  };
}

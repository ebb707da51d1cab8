import { benchmarkOf } from "../benchmark/index.ts";
import { loadQuestions } from "../dataset/questions.ts";
import { questionFile } from "../dataset/source.ts";
import { plural } from "../numbers.ts";
import { type MeasuringRecipe, nameOf } from "./recipe.ts";

/** Bytes of a row without its text, and of a token of text. */
const ROW = 800;
const TOKEN = 4;
/** A row is in its chunk, in the index of its pass, in the measurement, and once more as a score. */
const COPIES = 4;

/** What asking every benchmark comes to. */
export interface Reckoned {
  readonly benchmarks: readonly { readonly benchmark: string; readonly questions: number }[];
  readonly answers: number;
  /** Bytes that the answers take. */
  readonly disk: number;
}

/** Reckons what it takes to ask so many policies every question once. @throws {StepFailure} BadInput for unusable data */
export async function reckonAnswers(root: string, recipe: MeasuringRecipe, policies: number): Promise<Reckoned> {
  const benchmarks: { readonly benchmark: string; readonly questions: number }[] = [];
  for (const each of recipe.benchmarks) {
    const { questions } = await loadQuestions(questionFile(root, each.data, benchmarkOf(each.benchmark).set));
    benchmarks.push({ benchmark: nameOf(each), questions: Math.min(questions.length, each.max_questions ?? Infinity) });
  }
  const answers = policies * benchmarks.reduce((sum, each) => sum + each.questions, 0);
  return { benchmarks, answers, disk: answers * COPIES * (ROW + recipe.answering.max_new_tokens * TOKEN) };
}

/** A line for each benchmark: "  benchmark   vsr: 500 questions". */
export function benchmarkLines({ benchmarks }: Reckoned): string[] {
  return benchmarks.map(({ benchmark, questions }) => `  benchmark   ${benchmark}: ${plural(questions, "question")}`);
}

import { readGivenPair } from "../preference/given-pairs.ts";
import { jsonRows } from "./adapters/json-rows.ts";
import type { Question } from "./question.ts";
import type { LoadedQuestions, QuestionRow } from "./questions.ts";
import { type Report, reportFailure, rowSentence } from "./problems.ts";

/** All usable rows of a file; every other one is reported. */
export async function allRows(
  file: string,
  read: AsyncIterable<QuestionRow>,
  report: Report,
): Promise<LoadedQuestions> {
  const questions: Question[] = [];
  const rows: number[] = [];
  let bad = 0;
  try {
    for await (const each of read) {
      if ("question" in each) {
        questions.push(each.question);
        rows.push(each.row);
        continue;
      }
      const { problem: _, ...where } = each;
      report({ file, ...where, sentence: rowSentence(file, each) });
      bad++;
    }
    if (questions.length + bad === 0) report({ file, sentence: `${file} has no rows.` });
  } catch (error) {
    reportFailure(file, report, error);
  }
  return { questions, rows };
}

/** Pairs of the user's own, as questions are looked at: an id, images and a text. */
export async function* pairRows(path: string, name: string): AsyncGenerator<QuestionRow> {
  for await (const each of jsonRows(path, name)) {
    const read = "problem" in each ? each : readGivenPair(each.value, each.row);
    if ("problem" in read) {
      yield { ...read, row: each.row };
      continue;
    }
    const { id, image: images, prompt: question } = read.pair;
    yield { row: each.row, question: { id, images, question, question_type: "", scene: images[0] ?? "" } };
  }
}

import { join } from "node:path";
import { findLeaks, type Fingerprint, leakSentence } from "../../../dataset/leakage.ts";
import { plural } from "../../../numbers.ts";
import { readRows } from "./files.ts";
import { type ForeignQuestion, imagesOf, textOf } from "./foreign-rows.ts";
import { type ImageRoots, pixelDigests } from "./images.ts";
import type { Examined } from "./iteration.ts";

/** What an iteration trains on and is measured on, alike or with the same picture; sentences. */
export async function leaksOf(
  { folder }: Pick<Examined, "folder">,
  trained: readonly Pick<Examined, "questions">[],
  roots: ImageRoots,
): Promise<string[]> {
  const { found, problem } = await readRows(join(folder, "evaluation.jsonl"));
  if (found === null) return []; // Nothing was measured.
  if (problem !== undefined) return [`evaluation.jsonl ${problem}.`];
  const asked = found.map((row) => ({
    id: textOf(row["question_id"] ?? row["id"]) ?? "",
    question: textOf(row["question"]) ?? "",
    images: imagesOf(row),
  }));
  const questions = trained.flatMap((each) => each.questions);
  const pictures = asked.some(({ images }) => images.length > 0);
  const digests = pictures
    ? await pixelDigests(
        roots,
        [...asked, ...questions].flatMap(({ images }) => images),
      )
    : null;
  const printOf = ({ id, question, images }: Pick<ForeignQuestion, "id" | "question" | "images">): Fingerprint => ({
    questionId: id,
    imageDigests: images.flatMap((each) => digests?.get(each) ?? []),
    text: question,
  });
  const distinct = [...new Map(asked.map((each) => [each.id, each])).values()];
  const { leaks } = findLeaks(questions.map(printOf), distinct.map(printOf));
  const [first] = leaks;
  if (first === undefined) return [];
  return [`in its evaluation and in its training: ${plural(leaks.length, "question")}. ${leakSentence(first)}`];
}

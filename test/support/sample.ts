import type { Sample } from "../../activities/snowball/samples.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { aQuestion, aSample } from "./rows.ts";

/** A sample whose plan asked for the views at these paths. */
export function aViewedSample(question: ImportedQuestion, given: readonly string[], views: readonly string[]): Sample {
  return {
    row: aSample(question.id, 0, null),
    question,
    plan: { kind: "instructions", instructions: views.map(() => "show it") },
    given,
    views,
    viewPaths: views,
    useful: null,
  };
}

export function anImported(id: string, more: Partial<ImportedQuestion> = {}): ImportedQuestion {
  return { ...aQuestion(id), image_digests: [], ...more };
}

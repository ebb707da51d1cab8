import { StepFailure } from "../src/failure.ts";
import type { AnswerLogprob, CallOptions, Completion, Sampling, VlmBackend } from "../src/model/vlm/backend.ts";
import { answerMessages } from "../src/prompt/messages.ts";
import type { ImportedQuestion, RunFiles } from "../src/run/files.ts";

/** A question with the images it is asked about. */
export interface Asked {
  readonly question: ImportedQuestion;
  readonly images: readonly string[];
}

export interface Answerer {
  /** The model's own greedy answer. */
  ownAnswers(asked: readonly Asked[]): Promise<Completion[]>;
  /** How likely the true answer is. */
  trueAnswers(asked: readonly Asked[]): Promise<AnswerLogprob[]>;
}

/** Asks a frozen model, each distinct prompt once: samples of a question share their baseline, and often their views. */
export function createAsker(vlm: VlmBackend, files: RunFiles, maxNewTokens: number, options: CallOptions): Answerer {
  const greedy: Sampling = {
    temperature: 0,
    top_p: 1,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1,
    max_new_tokens: maxNewTokens,
  };
  const messages = (asked: Asked) => answerMessages(asked.question, asked.images, files.texts);
  return {
    ownAnswers: (asked) =>
      once(asked, async (distinct) => {
        const items = distinct.map((each) => ({ messages: messages(each), seeds: ["greedy"] }));
        const results = await vlm.sample(items, greedy, options);
        return results.map((result) => result.completions[0]!);
      }),
    trueAnswers: (asked) =>
      once(asked, (distinct) => {
        const items = distinct.map((each) => ({ messages: messages(each), answer: truthOf(each.question) }));
        return vlm.logprob(items, options);
      }),
  };
}

async function once<T>(asked: readonly Asked[], ask: (distinct: Asked[]) => Promise<T[]>): Promise<T[]> {
  const keys = asked.map((each) => JSON.stringify([each.question.id, each.images]));
  const distinct = new Map(keys.map((key, place) => [key, asked[place]!]));
  const results = distinct.size > 0 ? await ask([...distinct.values()]) : [];
  const byKey = new Map([...distinct.keys()].map((key, place) => [key, results[place]!]));
  return keys.map((key) => byKey.get(key)!);
}

function truthOf(question: ImportedQuestion): string {
  if (question.answer === undefined) {
    throw new StepFailure("BadInput", `Question "${question.id}" has no answer; scoring by answer_gain needs one.`);
  }
  return question.answer;
}

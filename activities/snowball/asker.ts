import { StepFailure } from "../../src/failure.ts";
import type {
  AnswerItem,
  AnswerLogprob,
  CallOptions,
  Completion,
  Message,
  Sampling,
  VlmBackend,
} from "../../src/model/vlm/backend.ts";
import { type Reading, readRating, readSimilarity, type Reply, unreadable } from "../../src/preference/readings.ts";
import { answerMessages, type CriticTexts, ratingMessages, similarityMessages } from "../../src/prompt/messages.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import type { RunFiles } from "../../src/pipeline/snowball/files.ts";

/** What of a run says how its critic is asked. */
type AskedOf = Pick<RunFiles, "recipe" | "texts">;

/** A question with the images it is asked about. */
export interface Asked {
  readonly question: ImportedQuestion;
  readonly images: readonly string[];
}

/** An answer that is compared with its question's true one. */
export interface Given {
  readonly question: ImportedQuestion;
  readonly answer: string;
}

export interface Answerer {
  /** The model's own greedy answer. */
  ownAnswers(asked: readonly Asked[]): Promise<Completion[]>;
  /** How likely the true answer is. */
  trueAnswers(asked: readonly Asked[]): Promise<AnswerLogprob[]>;
  /** How the model rates the views among the images, 1 to 10. */
  ratings(asked: readonly Asked[]): Promise<Reading[]>;
  /** How close the model finds an answer to the true one, -2 to 2. No images are shown. */
  similarities(given: readonly Given[]): Promise<Reading[]>;
}

/** A number that is asked for, and for an unreadable reply once more by another prompt file. */
interface Wanted<T> {
  readonly what: string;
  readonly first: keyof CriticTexts;
  readonly again: keyof CriticTexts;
  readonly messages: (item: T, text: string) => Message[];
  readonly read: (reply: Reply) => number | null;
}

/** Asks a frozen model, each distinct prompt once: samples of a question share their baseline, and often their views. */
export function createAsker(vlm: VlmBackend, files: AskedOf, maxNewTokens: number, options: CallOptions): Answerer {
  const { texts } = files;
  const greedy: Sampling = {
    temperature: 0,
    top_p: 1,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1,
    max_new_tokens: maxNewTokens,
  };

  const replies = (prompts: readonly Message[][]): Promise<Completion[]> =>
    once(prompts, async (distinct) => {
      const items = distinct.map((messages) => ({ messages, seeds: ["greedy"] }));
      const results = await vlm.sample(items, greedy, options);
      return results.map((result) => result.completions[0]!);
    });

  async function numbers<T>(items: readonly T[], wanted: Wanted<T>): Promise<Reading[]> {
    const { what, first, again, messages, read } = wanted;
    const said = await replies(items.map((item) => messages(item, textOf(files, first))));
    const values = said.map(read);
    const unread = [...items.keys()].filter((place) => values[place] === null);
    const saidAgain = await replies(unread.map((place) => messages(items[place]!, textOf(files, again))));
    const second = new Map(unread.map((place, index) => [place, saidAgain[index]!]));
    return values.map((value, place): Reading => {
      if (value !== null) return { value, reasked: false };
      const reply = second.get(place)!;
      const reread = read(reply);
      return reread === null ? unreadable(what, said[place]!, reply) : { value: reread, reasked: true };
    });
  }

  return {
    ownAnswers: (asked) => replies(asked.map(({ question, images }) => answerMessages(question, images, texts))),
    trueAnswers: (asked) => {
      const items = asked.map(({ question, images }): AnswerItem => ({
        messages: answerMessages(question, images, texts),
        answer: truthOf(files, question),
      }));
      return once(items, (distinct) => vlm.logprob(distinct, options));
    },
    ratings: (asked) =>
      numbers(asked, {
        what: "rating",
        first: "rate",
        again: "rate_again",
        messages: ({ question, images }, text) => ratingMessages(question, images, text),
        read: readRating,
      }),
    similarities: (given) =>
      numbers(given, {
        what: "similarity",
        first: "similarity",
        again: "similarity_again",
        messages: ({ question, answer }, text) => similarityMessages(question, truthOf(files, question), answer, text),
        read: readSimilarity,
      }),
  };
}

/** A result per item, in the items' order; equal items are asked once, and nothing is asked of nobody. */
async function once<T, R>(items: readonly T[], ask: (distinct: T[]) => Promise<R[]>): Promise<R[]> {
  const keys = items.map((item) => JSON.stringify(item));
  const distinct = new Map(keys.map((key, place) => [key, items[place]!]));
  const results = distinct.size > 0 ? await ask([...distinct.values()]) : [];
  const byKey = new Map([...distinct.keys()].map((key, place) => [key, results[place]!]));
  return keys.map((key) => byKey.get(key)!);
}

function truthOf(files: AskedOf, question: ImportedQuestion): string {
  if (question.answer === undefined) {
    const { method } = files.recipe.scoring;
    throw new StepFailure("BadInput", `Question "${question.id}" has no answer; scoring by ${method} needs one.`);
  }
  return question.answer;
}

function textOf(files: AskedOf, field: keyof CriticTexts): string {
  const text = files.texts[field];
  // openRun reads every text that the scoring asks with.
  if (text === undefined) throw new RangeError(`the run has no text of prompt.${field}`);
  return text;
}

import type { Completion } from "../../src/model/vlm/backend.ts";
import type { Reading } from "../../src/preference/readings.ts";
import { answerGain, both, confidence, explicit, gtSimilarity, type Scored } from "../../src/preference/scores.ts";
import { type Scoring, type ScoringMethod, WEIGHTS } from "../../src/pipeline/snowball/recipe/scoring.ts";
import { withoutThoughts } from "../../src/without-thoughts.ts";
import type { Answerer, Asked } from "./asker.ts";
import type { Sample } from "./samples.ts";

/** Asks the critic about samples with views, and scores them in their order. */
type Measure = (ask: Answerer, samples: readonly Sample[], scoring: Scoring) => Promise<Scored[]>;

/** Every method asks all prompts of a kind in one call; what samples share is asked once. */
const MEASURES: Readonly<Record<ScoringMethod, Measure>> = {
  async confidence(ask, samples, { view_cost }) {
    const answers = (await ask.ownAnswers(sides(samples))).map(spoken);
    return each(samples, answers, (withViews, without, views) => confidence(withViews, without, views, view_cost));
  },

  async answer_gain(ask, samples, { view_cost }) {
    const answers = await ask.trueAnswers(sides(samples));
    return each(samples, answers, (withViews, without, views) => answerGain(withViews, without, views, view_cost));
  },

  async explicit(ask, samples, { view_cost }) {
    const ratings = await ask.ratings(samples.map(withViewsOf));
    return samples.map((sample, place) => explicit(ratings[place]!, sample.views.length, view_cost));
  },

  async both(ask, samples, { view_cost, weights = WEIGHTS }) {
    const answers = (await ask.ownAnswers(sides(samples))).map(spoken);
    const ratings = await ask.ratings(samples.map(withViewsOf));
    return each(samples, answers, (withViews, without, views, place) =>
      both({ withViews, without }, ratings[place]!, weights, views, view_cost),
    );
  },

  async gt_similarity(ask, samples, { view_cost }) {
    const asked = sides(samples);
    const answers = await ask.ownAnswers(asked);
    const given = asked.map(({ question }, place) => ({
      question,
      answer: withoutThoughts(answers[place]!.text).trim(),
    }));
    const said = given.filter(({ answer }) => answer !== "");
    const judged = await ask.similarities(said);
    const readings = new Map(said.map((item, place) => [item, judged[place]!]));
    const ofSides = given.map((item) => readings.get(item) ?? SILENCE);
    return each(samples, ofSides, (withViews, without, views) => gtSimilarity(withViews, without, views, view_cost));
  },
};

/** Scores samples with views by the recipe's method. */
export function measure(ask: Answerer, samples: readonly Sample[], scoring: Scoring): Promise<Scored[]> {
  return MEASURES[scoring.method](ask, samples, scoring);
}

/** Nothing was said, so nothing can be compared. */
const SILENCE: Reading = { value: null, reason: "the critic's answer is empty" };

/** Two prompts in a row for every sample: without its views, then with them. */
function sides(samples: readonly Sample[]): Asked[] {
  return samples.flatMap((sample) => [{ question: sample.question, images: sample.given }, withViewsOf(sample)]);
}

function withViewsOf(sample: Sample): Asked {
  return { question: sample.question, images: [...sample.given, ...sample.viewPaths] };
}

/** What came back for `sides`, joined per sample. */
function each<T>(
  samples: readonly Sample[],
  results: readonly T[],
  score: (withViews: T, without: T, views: number, place: number) => Scored,
): Scored[] {
  return samples.map((sample, place) =>
    score(results[2 * place + 1]!, results[2 * place]!, sample.views.length, place),
  );
}

/** A critic that says nothing has no confidence in an answer: its end token's log-probability must not stand for one. */
function spoken(answer: Completion): Completion {
  return answer.tokens > 0 ? answer : { ...answer, mean_logprob: Number.NaN };
}

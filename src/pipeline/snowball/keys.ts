import { NOT_OF_BACKENDS } from "../../benchmark/keys.ts";
import { determining, type Reasons, unlessBefore } from "../../determining.ts";
import type { Planner } from "./recipe/planner.ts";
import type { Scoring } from "./recipe/scoring.ts";
import type { Recipe } from "./recipe/index.ts";

type Answerer = Recipe["critic"];
type Executor = Recipe["executor"];

/**
 * What of a recipe's blocks belongs into the keys of the steps that work by them. Every function lays the fields that
 * it knows where keys have always had them, and adds all others as they are: what a block gains later counts at once.
 */

/** What was in effect while keys did not tell these apart; a model that still works so has the key that it had. */
export const SEEN_BEFORE = {
  attn_implementation: "sdpa",
  min_pixels: 200_704,
  max_pixels: 1_003_520,
  policies: "adapter",
} as const;

export const NOT_OF_ROLLOUTS = {
  ...NOT_OF_BACKENDS,
  model: "its digest is the policy's, which is an input",
  dtype: "the policy's digest has it",
  num_rollouts: "the key has a seed for every completion",
  micro_batch: "a completion's noise is its own, whoever shares its batch; the manifest notes a smaller one",
} as const satisfies Reasons<Planner>;

/** Of completions, sampled or read greedily. Greedy decoding has no distribution to cut. */
export function rolloutParams(planner: Planner, greedy: boolean) {
  const { backend, attn_implementation, min_pixels, max_pixels, max_instructions, policies, ...sampled } = determining(
    planner,
    NOT_OF_ROLLOUTS,
  );
  const { temperature, top_p, top_k, min_p, repetition_penalty, max_new_tokens, ...more } = sampled;
  const shape = greedy ? { temperature: 0, top_p: 1, top_k: 0, min_p: 0 } : { temperature, top_p, top_k, min_p };
  return {
    sampling: { ...shape, repetition_penalty, max_new_tokens },
    backend,
    attn_implementation,
    pixels: [min_pixels, max_pixels],
    max_instructions,
    ...unlessBefore({ policies }, SEEN_BEFORE),
    ...more,
  };
}

export const NOT_OF_ANSWERS = {
  ...NOT_OF_BACKENDS,
  model: "its digest stands in its place",
  micro_batch: "prompts are answered each for itself; the manifest notes a smaller one",
} as const satisfies Reasons<Answerer>;

/** Of answers, by the critic or the evaluator. */
export function answerParams(answerer: Answerer) {
  const { attn_implementation, min_pixels, max_pixels, ...more } = determining(answerer, NOT_OF_ANSWERS);
  return { ...more, pixels: [min_pixels, max_pixels], ...unlessBefore({ attn_implementation }, SEEN_BEFORE) };
}

export const NOT_OF_VIEWS = {
  model: "its digest stands in its place",
  on_generation_failure: "it says what a refused view scores",
  micro_batch: "a view's noise is its own, whoever shares its batch; the manifest notes a smaller one",
  offload: "it says where the weights wait, not what is computed",
} as const satisfies Reasons<Executor>;

/**
 * Of views. An executor without a model knows nothing of an editor's settings.
 * @param editor digest of the editor's checkpoint
 */
export function viewParams(executor: Executor, editor: string | undefined) {
  const { backend, width, height, max_retries, ...others } = determining(executor, NOT_OF_VIEWS);
  const { dtype, num_inference_steps, guidance_scale, max_input_pixels, images, ...more } = others;
  // Views of the first image are found again where they were made before there was a choice.
  const all = images === "all" && { images };
  const edited = { model: editor, dtype, num_inference_steps, guidance_scale, max_input_pixels, ...all };
  return { backend, size: [width, height], max_retries, ...(backend === "flux2-klein" && { editor: edited }), ...more };
}

export const NOT_OF_SCORES = {
  min_score_gap: "it says which pairs are weak",
  below_gap: "it says what becomes of weak pairs",
  tie_floor: "it says which gaps make no pair",
  max_failure_pair_share: "it says how many pairs show a policy failure",
} as const satisfies Reasons<Scoring>;

export const NOT_OF_PAIRS = {
  method: "the scores, which are an input, were given by it",
  weights: "the scores, which are an input, were given by them",
  empty: "the scores, which are an input, were given by it",
  view_cost: "the scores, which are an input, were given by it",
} as const satisfies Reasons<Scoring>;

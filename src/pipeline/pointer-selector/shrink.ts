import type { Recipe } from "./recipe.ts";

const QUESTIONS = 8;
const POOL = 64;
const CANDIDATES = 4;

/** The same stages on a few questions and candidates, an epoch each. */
export function shrink(recipe: Recipe): Recipe {
  const { examples, beams, sft, rce, grpo } = recipe;
  const test = few(examples.test, QUESTIONS);
  return {
    ...recipe,
    // A given beam file names examples and queries of the whole sets.
    examples:
      beams.given === undefined
        ? { pool: few(examples.pool, POOL), queries: few(examples.queries, QUESTIONS), test }
        : { ...examples, test },
    beams: { ...beams, candidates: Math.max(beams.shots, Math.min(beams.candidates, CANDIDATES)) },
    sft: once(sft),
    rce: once(rce),
    grpo: once(grpo),
  };
}

function few<S extends { readonly limit?: number | undefined }>(set: S, most: number): S {
  return { ...set, limit: Math.min(set.limit ?? most, most) };
}

function once<S extends { readonly epochs: number }>(stage: S): S {
  return { ...stage, epochs: Math.min(stage.epochs, 1) };
}

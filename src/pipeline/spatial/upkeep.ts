import { join } from "node:path";
import { type Piece, withAncestors, withDescendants } from "../../artifact/descent.ts";
import { readIfThere } from "../../run/trace.ts";
import type { Upkeep } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";
import type { StageSummary } from "./verify.ts";

/** Steps whose results a run makes again from others. */
const MADE = ["train", "merge", "checkpoint", "answer-items", "gather", "measure"];
/** What it brings in. */
const BROUGHT = ["items", "training-rows", "recipe"];
/** Answers are small, and a table of another run may stand on them: they stay. */
const ANSWERED = ["answer-items", "gather", "measure", ...BROUGHT];

export const upkeep: Upkeep = {
  remade: MADE,
  kept: BROUGHT,
  async needs(pieces, { folder, recipe }, complete) {
    const anybodys = pieces.filter(({ step }) => ANSWERED.includes(step));
    // Which trainings a run that goes on will find cannot be told before it ends: it may need any on rows like its own.
    if (!complete) return new Set<Piece>(withDescendants(pieces, anybodys));
    const stages = (recipe as Recipe).stages;
    const read = stages.map((name) => readIfThere<StageSummary>(join(folder, name, "summary.json")));
    const named = new Set(
      (await Promise.all(read)).flatMap((each) =>
        Object.values(each?.artifacts ?? {}).flatMap((ref) => (ref ? [ref.key] : [])),
      ),
    );
    return new Set<Piece>([
      ...anybodys,
      ...withAncestors(
        pieces,
        pieces.filter(({ key }) => named.has(key)),
      ),
    ]);
  },
};

import { type Piece, withDescendants } from "../../artifact/descent.ts";
import type { Upkeep } from "../pipeline.ts";

/** Steps whose results a run makes again from others. */
const MADE = ["embeddings", "beams", "kept-beams", "selector", "selections", "shown-answers", "gather"];
/** What it brings in. */
const BROUGHT = ["selector-examples", "given-beams", "recipe"];

/** All of it is small beside the model's work that it holds, so all of it stays. */
export const upkeep: Upkeep = {
  remade: MADE,
  kept: BROUGHT,
  async needs(pieces) {
    const own = pieces.filter(({ step }) => MADE.slice(0, -1).includes(step) || BROUGHT.includes(step));
    return new Set<Piece>([...own, ...withDescendants(pieces, own)]);
  },
};

import { type Piece, withDescendants } from "../../artifact/descent.ts";
import type { Upkeep } from "../pipeline.ts";

/** Steps whose results an evaluation makes. */
const MADE = ["answer-items", "gather", "measure"];
/** What it brings in, and what a person brought. */
const BROUGHT = ["items", "given-adapter", "recipe"];

/** An evaluation may stand on any answer: a table of another one may share it, and they are small. */
export const upkeep: Upkeep = {
  remade: MADE,
  kept: BROUGHT,
  async needs(pieces) {
    const own = pieces.filter(({ step }) => step === "answer-items" || BROUGHT.includes(step));
    return new Set<Piece>([...own, ...withDescendants(pieces, own)]);
  },
};

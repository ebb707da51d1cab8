import { findQuarantined } from "./quarantined.ts";
import { madeOf, mayNeed } from "./reach.ts";
import { retryLines } from "./retry.ts";
import { readLoop } from "./trace.ts";
import { unpairedViews } from "./unpaired-views.ts";
import type { Upkeep } from "../../pipeline.ts";

/** Which artifacts a run of the loop stands on, and what of them can go. */
export const upkeep: Upkeep = {
  remade: "rollout reference imagine score answer gather pairs train merge evaluate checkpoint prompt-rows".split(" "),
  kept: ["dataset", "recipe", "given-pairs", "decision"],

  async needs(pieces, run, complete) {
    const trace = await readLoop(run);
    return complete ? madeOf(pieces, trace) : mayNeed(pieces, trace);
  },

  /** Views that no pair shows. */
  async spare(_pieces, run, needed) {
    return {
      pieces: [...needed].filter((piece) => piece.step === "imagine"),
      folders: await unpairedViews(run.folder),
    };
  },

  async quarantined(layout, pieces, run) {
    const found = await findQuarantined(layout, pieces, await readLoop(run));
    return { aside: [...found.views, ...found.judged], lines: (name) => retryLines(name, found) };
  },
};

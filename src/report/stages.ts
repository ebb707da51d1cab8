import type { RunProgress } from "../contract/progress.ts";

/** What a run is doing, for a person. */
export const DOING: Readonly<Record<RunProgress["stage"], string>> = {
  open: "reading the recipe and the data",
  label: "rollout, imagine and score",
  pairs: "selecting pairs",
  train: "training on the pairs",
  merge: "merging, and checking the merged checkpoint",
  evaluate: "measuring on the held-out questions",
  gate: "deciding which policy stays",
  close: "writing the run folder",
  done: "done",
};

import { StepFailure } from "../../failure.ts";
import { cvBench } from "./cv-bench.ts";
import { evalmuse } from "./evalmuse.ts";
import type { DataSet } from "./example.ts";
import { genaiBench } from "./genai-bench.ts";
import { hpd } from "./hpd.ts";
import { llavaCritic } from "./llava-critic.ts";
import { pixmoCap } from "./pixmo-cap.ts";
import { pairwise } from "./pairwise.ts";
import { plain } from "./plain.ts";
import { rlhfV } from "./rlhf-v.ts";
import { sharegpt } from "./sharegpt.ts";
import { spatialQa } from "./spatial-qa.ts";
import { vlRewardbench } from "./vl-rewardbench.ts";
import { vqa } from "./vqa.ts";
import { vsr } from "./vsr.ts";

/** The data sets of the field whose rows are understood, by their names in a recipe. A new one adds one line. */
export const DATA_SETS = {
  plain,
  "rlhf-v": rlhfV,
  "pixmo-cap": pixmoCap,
  "spatial-qa": spatialQa,
  vsr,
  "cv-bench": cvBench,
  pairwise,
  evalmuse,
  hpd,
  "llava-critic": llavaCritic,
  "genai-bench": genaiBench,
  "vl-rewardbench": vlRewardbench,
  sharegpt,
  vqa,
} satisfies Record<string, DataSet>;

export type DataSetName = keyof typeof DATA_SETS;

/** @throws {StepFailure} BadInput for a data set that this version does not know */
export function adapterOf(name: string): DataSet {
  if (Object.hasOwn(DATA_SETS, name)) return DATA_SETS[name as DataSetName];
  const known = Object.keys(DATA_SETS).join(", ");
  throw new StepFailure("BadInput", `"${name}" is no data set that this version knows; ${known} are.`);
}

import type { Demonstration, Preference, Task } from "../../dataset/sets/example.ts";
import { givenPair } from "../../preference/given-pairs.ts";
import type { TrainRow } from "../../training/algorithm.ts";
import type { GrpoRow } from "../../training/grpo.ts";
import type { SftRow } from "../../training/sft.ts";
import type { StageName } from "./recipe.ts";

/** An example as its stage's trainer reads it. Nobody has sampled it, so it names no policy. */
export function rowOf(stage: StageName, example: Demonstration | Preference | Task): TrainRow {
  if (stage === "dpo") return givenPair(example as Preference);
  const { id, image, prompt } = example;
  const { system } = example as Partial<Demonstration>;
  const asked = { id, image, policy: "", system: system ?? null, prompt };
  if (stage === "sft") {
    const row: SftRow = { ...asked, answer: (example as Demonstration).answer };
    return row;
  }
  const { truth, kind } = example as Task;
  const row: GrpoRow = { ...asked, truth, kind };
  return row;
}

import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { StepLimits } from "../../src/contract/run.ts";
import type { Ground, SelectorScoreSteps } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { type Carried, fanOut } from "../stages/fan-out.ts";
import { roleSteps } from "../stages/steps.ts";

/** A list of questions and how it is cut into chunks. */
export interface Passing extends Carried, Ground {
  readonly limits: StepLimits;
  readonly title: string;
  readonly items: number;
  readonly chunking: { readonly questions: number; readonly window: number };
}

interface SearchAll extends Passing {
  readonly embeddings: ArtifactRef;
}

/** Searches the beams of every query: the child workflow of a run. */
export function beamsOfQueries(input: SearchAll): Promise<ArtifactRef> {
  const { run, examples, critic, embeddings, limits } = input;
  const { searchBeams } = roleSteps<SelectorScoreSteps>("score", limits);
  return fanOut(input, { ...fanning(input, "query"), rows: { link: "beams", file: "beams.jsonl" } }, [
    {
      name: "beams",
      unitsPerItem: 1,
      step: (chunk, _, summary) =>
        searchBeams.executeWithOptions({ summary }, [{ run, examples, critic, embeddings, chunk }]),
    },
  ]);
}

/** How a list goes through its one link. */
export function fanning({ run, limits, title, items, chunking }: Passing, of: string) {
  const { questions, window } = chunking;
  return { run, limits, title, items, perChunk: questions, window, schedule: "stream", of } as const;
}

import type {
  ImagineSteps,
  RolloutSteps,
  ScoreSteps,
  SnowballSteps,
} from "../../src/pipeline/snowball/contract/steps.ts";
import type { Written } from "../step.ts";
import { answerChunk } from "./answer.ts";
import { checkSnowball } from "./check.ts";
import { summariseAnswers, summariseReference } from "./evaluate.ts";
import { imagineChunk } from "./imagine.ts";
import { openSnowball } from "./open.ts";
import { selectPairs } from "./pairs.ts";
import { publishIteration } from "./publish.ts";
import { referenceRollouts } from "./reference.ts";
import { rolloutChunk } from "./rollout.ts";
import { scoreChunk } from "./score.ts";

/** The steps that only the loop has, by the queue that they are on. */
export const snowballSteps = {
  control: {
    openSnowball,
    checkSnowball,
    referenceRollouts,
    selectPairs,
    summariseAnswers,
    summariseReference,
    publishIteration,
  } satisfies Written<SnowballSteps>,
  rollout: { rolloutChunk } satisfies Written<RolloutSteps>,
  imagine: { imagineChunk } satisfies Written<ImagineSteps>,
  score: { scoreChunk, answerChunk } satisfies Written<ScoreSteps>,
};

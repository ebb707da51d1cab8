import type {
  SelectorScoreSteps,
  SelectorSteps,
  SelectorTrainSteps,
} from "../../src/pipeline/pointer-selector/contract/plan.ts";
import type { Written } from "../step.ts";
import { answerWithExamples } from "./answer.ts";
import { searchBeams } from "./beams.ts";
import { compareMethods, showSelector } from "./compare.ts";
import { embedExamples } from "./embed.ts";
import { keepBeams } from "./keep-beams.ts";
import { openSelector } from "./open.ts";
import { selectExamples } from "./select.ts";
import { trainSelector } from "./train.ts";

/** The steps that only this pipeline has, by the queue that they are on. */
export const selectorSteps = {
  control: { openSelector, keepBeams, selectExamples, compareMethods, showSelector } satisfies Written<SelectorSteps>,
  score: { searchBeams, answerWithExamples } satisfies Written<SelectorScoreSteps>,
  train: { embedExamples, trainSelector } satisfies Written<SelectorTrainSteps>,
};

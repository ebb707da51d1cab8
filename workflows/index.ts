/** Every workflow that a worker can run, a run's under the name of its pipeline. A new pipeline adds one line. */
export { check } from "./check.ts";
export { evaluate } from "./evaluate/evaluate.ts";
export { harp } from "./harp/harp.ts";
export { planScenes } from "./harp/scenes.ts";
export { labelQuestions } from "./snowball/label.ts";
export { beamsOfQueries } from "./pointer-selector/beams.ts";
export { answersWithExamples } from "./pointer-selector/compare.ts";
export { pointerSelector as "pointer-selector" } from "./pointer-selector/pointer-selector.ts";
export { singleRound as "single-round" } from "./snowball/single-round.ts";
export { snowball } from "./snowball/snowball.ts";
export { spatial } from "./spatial/spatial.ts";
export { unifiedReward as "unified-reward" } from "./unified-reward/unified-reward.ts";
export { answerBenchmark } from "./stages/measure.ts";

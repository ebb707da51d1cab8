/** Every workflow that a worker can run, under the name of its pipeline. A new pipeline adds one line. */
export { evaluate } from "./evaluate/evaluate.ts";
export { labelQuestions } from "./snowball/label.ts";
export { beamsOfQueries } from "./pointer-selector/beams.ts";
export { answersWithExamples } from "./pointer-selector/compare.ts";
export { pointerSelector as "pointer-selector" } from "./pointer-selector/pointer-selector.ts";
export { singleRound as "single-round" } from "./snowball/single-round.ts";
export { snowball } from "./snowball/snowball.ts";
export { spatial } from "./spatial/spatial.ts";
export { answerBenchmark } from "./stages/measure.ts";

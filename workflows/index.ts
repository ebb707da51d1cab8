/** Every workflow that a worker can run, under the name of its pipeline. A new pipeline adds one line. */
export { labelShard } from "./stages/label.ts";
export { singleRound as "single-round" } from "./single-round.ts";
export { snowball } from "./snowball.ts";

/** Every workflow that a worker can run. A new pipeline adds one line. */
export { labelShard } from "./stages/label.ts";
export { snowball } from "./snowball.ts";

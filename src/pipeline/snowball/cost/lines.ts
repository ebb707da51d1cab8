import type { Costs } from "./costs.ts";
import type { TimeUse, Worker } from "./time.ts";
import { total } from "./work.ts";
import { alignedLines } from "../../../contract/table.ts";
import { count, plural, roughly, rounded, size } from "../../../numbers.ts";
import type { LeftOut } from "../../../dataset/shards.ts";

const HOUR_MS = 3_600_000;
/** From here on people think in days. */
const DAYS_MS = 48 * HOUR_MS;

/** What a recipe costs, before anything runs. `free` is the space on the disk of the store; null when it is not known. */
export function planLines(costs: Costs, free: number | null): string[] {
  const rows = [
    ["data", dataLine(costs)],
    ["held out", heldOutLine(costs)],
    ["left out", leftOutLine(costs.data.leftOut)],
    ["training", trainingLine(costs)],
    ["policies", costs.policies === "merged" ? MERGED : null],
    ["disk at peak", diskLine(costs, free)],
    ["GPU-hours", hoursLine(costs.time)],
    ["bottleneck", bottleneckLine(costs.time)],
    ["history", `at most ${plural(longest(costs), "event")} in a workflow`],
  ].filter((row): row is [string, string] => row[1] !== null);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${costs.run}   ${sizeLine(costs)}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...(costs.work.iterations.length > 1 ? ["", ...iterationLines(costs)] : []),
    ...planWarnings(costs, free).map((warning) => `Note: ${warning}`),
  ];
}

const MERGED = "served as merged checkpoints, where the canary passed: the planner's server starts anew for each";

/** What should be thought about before this is started. */
export function planWarnings({ warnings, disk }: Costs, free: number | null): string[] {
  if (free === null || disk.total <= free) return [...warnings];
  return [
    ...warnings,
    `the disk is too small for this plan: it needs up to ${size(disk.total)}, and ${size(free)} are free; \`run\` will refuse it.`,
  ];
}

function sizeLine({ work: { iterations, labelling, trained } }: Costs): string {
  const all = total(labelling.map((each) => [each, 1]));
  const pairs = Math.max(...iterations.map((each) => each.maxPairs));
  const made = all.completions > 0 ? [`${rounded(all.completions)} rollouts`, `up to ${rounded(all.views)} views`] : [];
  const told = all.completions > 0 ? `at most ${rounded(pairs)} pairs` : `${rounded(pairs)} pairs, given`;
  const rest = trained.some((each) => each > 0) ? [] : ["no training"];
  return [...made, told, ...rest].join(" · ");
}

function dataLine({ data: { shards } }: Costs): string | null {
  if (shards.length === 0) return null;
  const all = shards.reduce((sum, each) => sum + each, 0);
  const [most] = shards;
  const even = shards.every((each) => each === most) ? count(most ?? 0) : `up to ${count(most ?? 0)}`;
  return shards.length === 1 ? plural(all, "question") : `${plural(all, "question")} · ${shards.length} × ${even}`;
}

function heldOutLine({ data, work: { evaluation, trained } }: Costs): string {
  const { val, test, hasAnswers } = data;
  const held = `${count(val)} val, ${count(test)} test`;
  if (evaluation === null) {
    if (!trained.some((each) => each > 0)) return `${held} · nothing is trained, so nothing is evaluated`;
    if (!hasAnswers) return `${held} · the data has no answers: accuracy and gate are off`;
    return `${held} · without test questions accuracy and gate are off`;
  }
  const all = total([
    [evaluation.floors, 1],
    [evaluation.policy, evaluation.policies],
  ]);
  const gate = val === 0 ? " · without val questions the gate is off" : "";
  return `${held} · evaluating ${evaluation.policies} policies: ${rounded(all.answers)} answers, up to ${rounded(all.views)} views${gate}`;
}

/** Questions that a run does not use; null where it uses all. */
export function leftOutLine({ besideHeldOut, aboveMaxSamples }: LeftOut): string | null {
  const beside = besideHeldOut === 1 ? "question shares" : "questions share";
  const parts = [
    besideHeldOut > 0 && `${count(besideHeldOut)} ${beside} a picture or a scene with what is held out`,
    aboveMaxSamples > 0 && `${plural(aboveMaxSamples, "question")} above data.max_samples`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(" · ") : null;
}

function trainingLine({ work: { iterations, trained }, disk }: Costs): string | null {
  if (!trained.some((each) => each > 0)) return null;
  const steps = iterations.map((each) => each.maxOptimizerSteps);
  const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? 0];
  const range =
    first === last ? plural(first, "optimizer step") : `${count(first)} to ${plural(last, "optimizer step")}`;
  return `at most ${range} an iteration · ${plural(disk.checkpointCount, "checkpoint")} in all`;
}

function diskLine({ disk }: Costs, free: number | null): string {
  const parts = (["views", "checkpoints", "models", "rows"] as const)
    .filter((part) => disk[part] > 0)
    .map((part) => `${part} ${size(disk[part])}`);
  const room = free === null ? "" : `; ${size(free)} are free`;
  return `${size(disk.total)} (${parts.join(", ")})${room}`;
}

function hoursLine(time: TimeUse | null): string {
  if (time === null)
    return "not known: the recipe has no `rates` (units a second of each role, as a pilot measured them)";
  const known = Object.entries(time.hours).map(
    ([role, hours]) => `${role} ${hours < 10 ? hours.toFixed(1) : count(Math.round(hours))}`,
  );
  const missing = time.unknown.length === 0 ? "" : `; no rate is given for ${time.unknown.join(", ")}`;
  return `${known.join(" · ")}   at the rates in the recipe${missing}`;
}

const NAMES: Readonly<Record<Worker, string>> = {
  planner: "the planner",
  executor: "the executor",
  critic: "critic and evaluator",
  trainer: "the trainer",
};

function bottleneckLine(time: TimeUse | null): string | null {
  if (!time?.bottleneck || time.wallHours === null) return null;
  const { role, devices, wallHoursWithFourTimes: more } = time.bottleneck;
  return `${NAMES[role]}: with ${plural(devices, "device")} for it a run takes ${took(time.wallHours)}, with ${devices * 4} ${took(more)}`;
}

function took(hours: number): string {
  const ms = hours * HOUR_MS;
  return ms < DAYS_MS ? roughly(ms) : `about ${(ms / HOUR_MS / 24).toFixed(1)} days`;
}

function longest({ history }: Costs): number {
  return Math.max(history.run, history.child);
}

const HEAD = ["iteration", "questions", "rollouts", "views", "pairs", "optimizer steps"];

function iterationLines({ work }: Costs): string[] {
  const rows = work.iterations.map((each, index) => [
    String(index + 1),
    count(each.questions),
    count(each.samples),
    count(each.maxViews),
    count(each.maxPairs),
    count(each.maxOptimizerSteps),
  ]);
  return alignedLines([HEAD, ...rows]).map((line) => `  ${line}`);
}

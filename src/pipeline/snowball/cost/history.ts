import type { Recipe } from "../recipe/index.ts";
import { chunkSizes, trains } from "./iterations.ts";
import { type PlannedData, evaluates, labels } from "./work.ts";

/** Events of one execution, at most; Temporal ends one at 51,200. */
export interface HistoryUse {
  /** The run's own workflow. */
  readonly run: number;
  /** The longest of the children that stream chunks. */
  readonly child: number;
}

/** Scheduled, started, completed: what a worker's look at the workflow takes. */
const TASK = 3;
/** Scheduled, started, completed, and the look that its result causes. Attempts leave no events. */
const STEP = 3 + TASK;
/** Initiated, started, completed; the start and the end each cause a look. */
const CHILD = 3 + 2 * TASK;
/** The start and the first look; the end. */
const EXECUTION = 1 + TASK + 1;
/** Search attributes or a memo that changed; where a part of the run begins, both do. */
const UPSERT = 1;
/** Accepted, completed, the look that they cause; and the two steps that keep the answer. */
const ANSWERED_GATE = 2 + TASK + 2 * STEP;

/** Steps of a chunk: rollout, imagine, score. */
const CHUNK = 3 * STEP;
/** Chunks between two index artifacts, as `fanOut` has it. */
const SPAN = 100;
/** From this many events on the server suggests to continue as new, which `fanOut` does after a span. */
const SUGGESTED = 4096;

/** Reckons the length of histories from what the workflows do. */
export function historyOf(recipe: Recipe, data: PlannedData): HistoryUse {
  const measured = evaluates(recipe, data);
  const sizes = [...(labels(recipe) ? data.shards : []), ...(measured ? [data.val + data.test] : [])];
  const chunks = sizes.map((size) => chunkSizes(size, recipe.chunk.questions).length);
  return { run: runEvents(recipe, measured), child: Math.max(0, ...chunks.map(childEvents)) };
}

function runEvents(recipe: Recipe, measured: boolean): number {
  const { loop } = recipe;
  const open = STEP;
  const base = UPSERT + (measured ? 2 * CHILD + 2 * STEP + UPSERT : 0);
  const label = labels(recipe) ? 2 * UPSERT + CHILD + UPSERT + STEP : 2 * UPSERT;
  const train = trains(recipe) ? 2 * (UPSERT + STEP) : 0;
  const evaluate = measured ? UPSERT + CHILD + STEP : 0;
  const gate = UPSERT + STEP + (loop.gate === "ask" ? ANSWERED_GATE : 0);
  const publish = UPSERT + STEP;
  // A single round shows its pairs before it trains.
  const early = recipe.pipeline === "single-round" ? publish : 0;
  const close = 2 * UPSERT + STEP;
  return EXECUTION + open + base + loop.num_iterations * (label + train + evaluate + gate + publish + early) + close;
}

/** Events of the longest execution: after a span that reached the suggested length the child continues as new. */
function childEvents(chunks: number): number {
  const gather = STEP;
  if (chunks <= SPAN) return EXECUTION + chunks * CHUNK + gather;
  const span = SPAN * CHUNK + gather;
  const spans = Math.min(Math.ceil(chunks / SPAN), Math.ceil((SUGGESTED - EXECUTION) / span));
  return EXECUTION + spans * span + gather;
}

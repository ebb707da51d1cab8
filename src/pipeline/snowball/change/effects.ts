/** The parts of a run in the order in which a change runs through them. */
export const STEPS = ["questions", "rollout", "imagine", "score", "pairs", "train", "evaluate", "gate"] as const;
export type Step = (typeof STEPS)[number];

/** The first thing that a changed field touches: which step, and from which iteration on. */
export interface Effect {
  readonly step: Step;
  /** Counted from 0. */
  readonly iteration: number;
}

/**
 * The first step that a field determines, by the longest beginning of its name; null where it determines no result.
 * The artifacts' keys are the truth; this is what is said about them before anything runs.
 */
const FIRST: Readonly<Record<string, Step | null | { readonly step: Step; readonly iteration: number }>> = {
  $schema: null,
  notify: null,
  track: null,
  rates: null,
  retries: null,
  changes: "score",
  pipeline: "questions",
  name: "questions",
  seed: "questions",
  data: "questions",
  "data.max_image_pixels": null,
  chunk: "questions",
  "chunk.window": null,
  planner: "rollout",
  "planner.micro_batch": null,
  "planner.vllm": null,
  "planner.server": null,
  prompt: "rollout",
  "prompt.format": "imagine",
  "prompt.answer": "score",
  "prompt.rate": "score",
  "prompt.rate_again": "score",
  "prompt.similarity": "score",
  "prompt.similarity_again": "score",
  executor: "imagine",
  "executor.on_generation_failure": "score",
  "executor.micro_batch": null,
  "executor.offload": null,
  critic: "score",
  "critic.micro_batch": null,
  "critic.vllm": null,
  "critic.server": null,
  evaluator: "evaluate",
  "evaluator.micro_batch": null,
  "evaluator.vllm": null,
  "evaluator.server": null,
  evaluation: "evaluate",
  scoring: "score",
  "scoring.min_score_gap": "pairs",
  "scoring.below_gap": "pairs",
  "scoring.tie_floor": "pairs",
  "scoring.max_failure_pair_share": "pairs",
  thresholds: "pairs",
  training: "train",
  "training.save_steps": null,
  "loop.num_iterations": "questions",
  "loop.schedule": null,
  "loop.on_no_pairs": null,
  "loop.gate": "gate",
  "loop.controls.shuffle_scores": "pairs",
  "loop.controls.random_view": "imagine",
  "loop.controls.sft_only": "train",
  // The first shard is sampled from the base in any case, and has no pairs before it.
  "loop.controls.rollouts_from": { step: "rollout", iteration: 1 },
  "loop.controls.accumulate": { step: "train", iteration: 1 },
  round: "train",
  "round.pairs": "pairs",
  simulate: "rollout",
  "simulate.latency_ms": null,
};

/** What a changed field touches first; null when every result stays as it is. A field that is not known here touches all. */
export function effectOf(field: string): Effect | null {
  const parts = field.split(".");
  for (let length = parts.length; length > 0; length--) {
    const found = FIRST[parts.slice(0, length).join(".")];
    if (found === undefined) continue;
    return typeof found === "string" ? { step: found, iteration: 0 } : found;
  }
  return { step: "questions", iteration: 0 };
}

/** The first thing that any of these fields touches; null when none touches anything. */
export function firstEffect(effects: readonly (Effect | null)[]): Effect | null {
  const touching = effects.filter((each) => each !== null);
  return (
    touching.toSorted((a, b) => a.iteration - b.iteration || STEPS.indexOf(a.step) - STEPS.indexOf(b.step))[0] ?? null
  );
}

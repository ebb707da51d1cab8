/**
 * Every failure a step can end with, and what is done about it. One table, so that the retry policy can be read.
 *
 * `retry`    Temporal runs the step again, as it is.
 * `isolate`  the workflow decides: again once, then the chunk's questions one by one to find the culprit.
 * `stop`     the run stops with the message; what was committed stays, and starting again goes on from there.
 * `remake`   the workflow drains and continues as new, so that what is lost is made again.
 *
 * What the policy did (unparseable or cut-off output) is no failure: it is a score of −1.
 */
export const FAILURES = {
  BadInput: { then: "stop", means: "the recipe, the data or a model folder is not usable as given" },
  OutOfMemory: { then: "stop", means: "the device ran out of memory even with the smallest batch" },
  ChildCrashed: { then: "isolate", means: "a model process died while it worked" },
  ChildSilent: { then: "isolate", means: "a model process said nothing for longer than its limit" },
  ChildError: { then: "stop", means: "a model process reported an error that repeating will not change" },
  WrongPolicy: { then: "retry", means: "a model server answered for another policy than the one asked for" },
  DiskFull: { then: "retry", means: "no space was left where artifacts or scratch live" },
  ArtifactLost: { then: "remake", means: "a committed artifact is missing or its bytes changed" },
  WrongStore: { then: "stop", means: "a step came to a worker that sees another store than the run's" },
  Diverged: { then: "stop", means: "what was made again differs from what its descendants were built on" },
  CanaryFailed: { then: "stop", means: "the merged checkpoint is not base plus adapter, or equals its base" },
  Provenance: { then: "stop", means: "a shard was sampled by another policy than the loop says" },
  LedgerImbalance: { then: "stop", means: "samples or questions do not add up" },
  ThresholdExceeded: { then: "stop", means: "more was quarantined or failed than the recipe allows" },
  Infrastructure: { then: "retry", means: "anything else that came from the machine" },
} as const satisfies Record<string, { then: "retry" | "isolate" | "stop" | "remake"; means: string }>;

export type FailureType = keyof typeof FAILURES;

const typesThat = (...then: readonly string[]): readonly FailureType[] =>
  (Object.keys(FAILURES) as FailureType[]).filter((type) => then.includes(FAILURES[type].then));

/** Repeating changes nothing: no step is retried after these. */
export const FINAL = typesThat("stop", "remake");

/** Of a chunk's step the workflow decides what comes next; a step that works on no questions is simply retried. */
export const ISOLATED = typesThat("isolate");

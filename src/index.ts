/** What a program imports: start, follow and end runs. Nothing here loads a worker or a model. */
export { type ConnectOptions, connectSnowball, type SnowballClient } from "./client/connect.ts";
export { type FollowOptions, followRun, runStatus } from "./client/follow.ts";
export { runResult, RunStopped } from "./client/result.ts";
export { cancelRun, listRuns } from "./client/runs.ts";
export { type RecipeInput, startRun, type StartOptions, startSnowball } from "./client/start.ts";
export { FAILURES, type FailureType } from "./contract/failures.ts";
export type {
  Floors,
  GateDecision,
  GateQuestion,
  IterationRow,
  Ledger,
  Measured,
  PersonsDecision,
  PolicyScore,
  RoleProgress,
  RunProgress,
  RunResult,
} from "./contract/progress.ts";
export { StepFailure } from "./failure.ts";
export { parseRecipe, parseRecipeObject } from "./recipe/parse.ts";
export type { Pipeline, Recipe } from "./recipe/pipelines/index.ts";
export type { ListedRun } from "./report/runs.ts";
export type { RunSnapshot, RunStatus, Stalled, StepProgress } from "./report/snapshot.ts";
export { answerGate } from "./temporal/gate.ts";
export type { StartedRun } from "./temporal/start.ts";

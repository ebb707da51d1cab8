/** What a program imports: start, follow and end runs. Nothing here loads a worker or a model. */
export { type ConnectOptions, connectSnowball, type SnowballClient } from "./client/connect.ts";
export { type FollowOptions, followRun, runStatus } from "./client/follow.ts";
export { runResult, RunStopped } from "./client/result.ts";
export { cancelRun, listRuns } from "./client/runs.ts";
export { startRun, type StartOptions, startSnowball } from "./client/start.ts";
export { FAILURES, type FailureType } from "./contract/failures.ts";
export type { Account } from "./contract/account.ts";
export type { GateDecision, GateQuestion, PersonsDecision } from "./contract/gate.ts";
export type { Count, RunProgress, RunResult, Stage, StreamProgress } from "./contract/progress.ts";
export { type Cell, type Column, type Measured, type Table, tableLines, tableMarkdown } from "./contract/table.ts";
export { StepFailure } from "./failure.ts";
export { parseRecipe, parseRecipeObject } from "./pipeline/parse.ts";
export type { PipelineName, Recipe, RecipeInput } from "./pipeline/index.ts";
export type { ListedRun } from "./report/runs.ts";
export type { RunSnapshot, RunStatus, Stalled, StepProgress } from "./report/snapshot.ts";
export { answerGate } from "./temporal/decide.ts";
export type { StartedRun } from "./temporal/start.ts";

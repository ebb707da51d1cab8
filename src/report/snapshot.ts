import type { RunProgress, StreamProgress } from "../contract/progress.ts";
import type { Role } from "../contract/queues.ts";

/** How an execution stands, in Temporal's words. */
export type RunStatus = "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "TERMINATED" | "TIMED_OUT";

/** What a step said last about a piece of work that takes long: a training. */
export interface StepProgress {
  readonly done: number;
  readonly total: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A device, by its host, and the step that has it. */
export interface HeldDevice {
  readonly device: string;
  readonly step: string;
}

/** Everything that can be said about a run at one moment. */
export interface RunSnapshot {
  readonly name: string;
  readonly status: RunStatus;
  /** When this execution started and, when it is over, ended; ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** null while no worker answers. */
  readonly progress: RunProgress | null;
  /** What each child that streams chunks says of them; one that does not answer is left out. */
  readonly streams: readonly StreamProgress[];
  readonly training: StepProgress | null;
  /** Devices that its steps hold now, and which step that is; as far as their last heartbeats say. */
  readonly devices?: readonly HeldDevice[];
  /** One sentence for every step that failed and is tried again. */
  readonly troubles: readonly string[];
  /** Queues on which something waits and no worker polls; "control" is the workflow's own. */
  readonly unserved: readonly (Role | "control")[];
  /** Why no worker can carry on with it, when that is so. */
  readonly stalled?: Stalled | null;
}

/** A run that stands still although there are workers. */
export interface Stalled {
  /** The execution that stands still; another one of the run may have been started since. */
  readonly runId: string;
  /** One sentence. */
  readonly why: string;
  /** What to do. */
  readonly todo: string;
  /** Would it go on if it were ended and started over the store? */
  readonly movable: boolean;
}

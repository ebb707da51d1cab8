import { join } from "node:path";
import { StepFailure } from "../src/failure.ts";
import type { TrackInput } from "../src/contract/tracking.ts";
import { checkPython, projectRunners, trackerRunners } from "../src/model/python.ts";
import { roomOf } from "../src/pipeline/rooms.ts";
import { runJob } from "../src/process/job.ts";
import { type Track, track as block } from "../src/recipe/parts/track.ts";
import { readLogs } from "../src/run/logs.ts";
import { trackedRuns } from "../src/run/tracked.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Milliseconds: who is shown a run has only to take it. */
const PATIENCE_MS = 120_000;

/**
 * Shows a tracker how a run stands. All of it every time, under the same names and steps: what the tracker has already
 * stays as it is, or is written anew, so that an attempt that is made again doubles nothing.
 *
 * What leaves the host does so by this worker's account, and a recipe may come from anybody who can reach the Temporal
 * server: so nothing is sent unless the worker was told that it may.
 */
export async function track(
  deps: ActivityDeps,
  { signal }: StepContext,
  { track: wanted, run, pipeline, folder, tables, accounts }: TrackInput,
): Promise<"shown" | "not allowed"> {
  const { to, project, pictures: most } = block.parse(wanted);
  if (to === "wandb" && !deps.allowed.includes("track")) {
    deps.log.warn({ to }, "the recipe asks to track the run, and this worker was not started with --allow track");
    return "not allowed";
  }
  const shown = join(deps.root, folder);
  const logs = await readLogs(shown);
  const pictures = most === 0 ? [] : ((await (await roomOf({ pipeline })).pictures?.(shown, most)) ?? []);
  const runs = trackedRuns({ run, folder, tables, accounts, logs, pictures });
  await send(deps, to, { to, project, runs, folder: join(deps.state, "tracked", to, project) }, signal);
  return "shown";
}

async function send(deps: ActivityDeps, to: Track["to"], request: object, signal: AbortSignal): Promise<void> {
  const runners = trackerRunners(projectRunners());
  checkPython(runners, runners.made);
  const { env, secret } = environmentOf(to);
  const late = AbortSignal.timeout(PATIENCE_MS);
  const { python: command, cwd } = runners;
  const job = { name: "tracker", command, args: ["-m", "runners.track"], cwd, env: { ...runners.env, ...env } };
  try {
    await runJob(
      { ...job, log: deps.log, silenceMs: PATIENCE_MS, request, onEvent: () => {} },
      AbortSignal.any([signal, late]),
    );
  } catch (error) {
    if (late.aborted && !signal.aborted)
      throw new StepFailure("Infrastructure", `${to} did not take the run within ${PATIENCE_MS / 1000} s.`);
    // What a library says when it fails may name the key, so no cause is kept, which would.
    if (secret && error instanceof StepFailure)
      throw new StepFailure(error.type, error.message.replaceAll(secret, "…"));
    throw error;
  }
}

/** The tracker's own settings of this worker's environment: only there may its key be. */
function environmentOf(to: Track["to"]): { readonly env: Record<string, string>; readonly secret: string | undefined } {
  const own = Object.entries(process.env).filter(([name]) => SETTINGS[to].test(name));
  const env = Object.fromEntries(own) as Record<string, string>;
  const { WANDB_MODE: mode, WANDB_API_KEY: secret } = env;
  if (to === "wandb" && mode !== "offline" && !secret) {
    throw new StepFailure(
      "BadInput",
      "WANDB_API_KEY is missing in this worker's environment; set it and start the worker again, or set WANDB_MODE=offline.",
    );
  }
  return { env, secret };
}

/** trackio is used on this host alone, so what would have it send elsewhere is left out. */
const SETTINGS: Readonly<Record<Track["to"], RegExp>> = { trackio: /^TRACKIO_DIR$/, wandb: /^WANDB_/ };

import { execa } from "execa";
import type { Notice, NotifyInput } from "../src/contract/notice.ts";
import { reasonOf, StepFailure } from "../src/failure.ts";
import { childEnvironment } from "../src/process/environment.ts";
import { notify as block } from "../src/recipe/parts/notify.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Milliseconds: who is told has only to take it. */
const PATIENCE_MS = 30_000;

/**
 * Tells what became of a run, by the recipe's command and web hook. A recipe may come from anybody who can reach the
 * Temporal server, so nothing is started or sent unless the worker was told that it may.
 *
 * At least once: an attempt that failed, or whose worker died before it was known to have succeeded, is made again.
 */
export async function notify(
  deps: ActivityDeps,
  { signal }: StepContext,
  { notify: wanted, notice }: NotifyInput,
): Promise<"told" | "not asked for" | "not allowed"> {
  const { on, command, webhook } = block.parse(wanted);
  if (!on.includes(notice.event) || (command ?? webhook) === undefined) return "not asked for";
  if (!deps.allowed.includes("notify")) {
    deps.log.warn(
      { event: notice.event },
      "the recipe asks to notify, and this worker was not started with --allow notify",
    );
    return "not allowed";
  }
  if (command !== undefined) await start(command, notice, deps.root, signal);
  if (webhook !== undefined) await post(webhook, notice, signal);
  return "told";
}

async function start([program, ...args]: readonly string[], notice: Notice, root: string, signal: AbortSignal) {
  const { failed, shortMessage } = await execa(program!, args, {
    cwd: root,
    input: `${JSON.stringify(notice)}\n`,
    env: childEnvironment(),
    extendEnv: false,
    stdout: "ignore",
    stderr: "ignore",
    timeout: PATIENCE_MS,
    cancelSignal: signal,
    reject: false,
  });
  if (failed) throw new StepFailure("Infrastructure", `notify.command did not succeed: ${shortMessage}`);
}

async function post(webhook: string, notice: Notice, signal: AbortSignal): Promise<void> {
  const address = webhook.startsWith("$") ? process.env[webhook.slice(1)] : webhook;
  // The address itself may be a secret, so no message names it, and no cause, which would.
  if (!address)
    throw new StepFailure("BadInput", `notify.webhook is ${webhook}, which this worker's environment lacks.`);
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(notice),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  }).catch((error: unknown) => {
    throw new StepFailure(
      "Infrastructure",
      `notify.webhook cannot be reached (${reasonOf(error).replaceAll(address, "…")}).`,
    );
  });
  await response.body?.cancel();
  if (!response.ok) throw new StepFailure("Infrastructure", `notify.webhook answered ${response.status}.`);
}

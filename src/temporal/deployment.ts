import { setTimeout as sleep } from "node:timers/promises";
import { isGrpcServiceError } from "@temporalio/client";
import type { NativeConnection, WorkerDeploymentOptions } from "@temporalio/worker";
import type { Logger } from "pino";
import { DEPLOYMENT } from "../contract/queues.ts";

/**
 * auto: a worker takes runs of its own version of the workflows, and new runs begin under the version of the worker
 * that was started last. manual: the same, but which version new runs begin under is said by whoever manages the
 * deployment. off: every worker takes every run.
 */
export const VERSIONING = ["auto", "manual", "off"] as const;
export type Versioning = (typeof VERSIONING)[number];

/** Where a worker's version is kept. */
export interface Deployed {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly version: string;
  readonly log: Logger;
}

/**
 * What makes a worker take only runs of its version, to their end, continued as new or not. Undefined where the server
 * knows no deployments: there every worker takes every run, as ever.
 */
export async function deploymentOptions({
  connection,
  namespace,
  version,
  log,
}: Deployed): Promise<WorkerDeploymentOptions | undefined> {
  try {
    await connection.workflowService.listWorkerDeployments({ namespace, pageSize: 1 });
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    log.info({ reason: error.message }, "the server keeps no versions of workers; every worker takes every run");
    return undefined;
  }
  return {
    useWorkerVersioning: true,
    version: { deploymentName: DEPLOYMENT, buildId: version },
    defaultVersioningBehavior: "PINNED",
  };
}

/** The server hears of a version with the worker's first poll, and then needs some hundred ms to note it. */
const POLL_MS = 200;
const PATIENCE_MS = 60_000;

/** Makes new runs begin under this version. Ends without that when the signal fires; what stands in the way is logged. */
export async function makeCurrent(deployed: Deployed, signal: AbortSignal): Promise<void> {
  const { version, log } = deployed;
  const deadline = Date.now() + PATIENCE_MS;
  while (!signal.aborted) {
    const refusal = await setCurrent(deployed, version);
    if (refusal === null) {
      log.info({ version }, "new runs begin under this version of the workflows");
      return;
    }
    if (!signal.aborted && (isDenied(refusal.code) || Date.now() > deadline)) {
      const todo = `temporal worker deployment set-current-version --deployment-name ${DEPLOYMENT} --build-id ${version}`;
      log.error(
        { reason: refusal.message, todo },
        "this version of the workflows could not be made current; new runs begin under another, or wait",
      );
      return;
    }
    await sleep(POLL_MS);
  }
}

/** Makes new runs begin with workers that have no version, where another worker made its version current before. */
export async function makeNoneCurrent(deployed: Omit<Deployed, "version">): Promise<void> {
  const refusal = await setCurrent(deployed, "");
  // No deployment, or a server that knows none: nothing stands in the way.
  if (refusal !== null) deployed.log.debug({ reason: refusal.message }, "no version of the workflows was current");
}

async function setCurrent(
  { connection, namespace }: Pick<Deployed, "connection" | "namespace">,
  buildId: string,
): Promise<{ readonly code: number; readonly message: string } | null> {
  try {
    await connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName: DEPLOYMENT,
      buildId,
      version: buildId === "" ? "__unversioned__" : `${DEPLOYMENT}.${buildId}`,
      identity: `snowball worker ${process.pid}`,
      // Versions differ in their workflows, not in their queues; those of the roles have none.
      ignoreMissingTaskQueues: true,
    });
    return null;
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    return error;
  }
}

/** gRPC's numbers: PERMISSION_DENIED, UNAUTHENTICATED. */
function isDenied(code: number): boolean {
  return code === 7 || code === 16;
}

import { isGrpcServiceError } from "@temporalio/client";
import { execa } from "execa";
import { StepFailure } from "../../failure.ts";
import type { Finding } from "../../report/doctor.ts";
import { type Connected, connect, resolveConnection } from "../../temporal/connection.ts";
import { addingCommand, missingFrom, SEARCH_ATTRIBUTES } from "../../temporal/search-attributes.ts";
import { temporalProgram } from "../../temporal/server-command.ts";

/** The server that commands would use, or the program that they would start one with. */
export async function temporalFindings(root: string): Promise<Finding[]> {
  if (resolveConnection(root) === null) return [await program()];
  try {
    const server = await connect(root);
    try {
      return await serverFindings(server);
    } finally {
      await server.connection.close();
    }
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return [{ what: "temporal", ok: false, found: error.message, todo: "start it, or mend the TEMPORAL_* settings" }];
  }
}

async function program(): Promise<Finding> {
  try {
    const file = temporalProgram();
    const { stdout } = await execa(file, ["--version"], { reject: false });
    return { what: "temporal", ok: true, found: `no server runs; one is started from ${file} (${stdout.trim()})` };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return {
      what: "temporal",
      ok: false,
      found: "no server and no program for one",
      todo: "make setup, or set TEMPORAL_ADDRESS",
    };
  }
}

async function serverFindings({ connection, address, namespace }: Connected): Promise<Finding[]> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  return [
    { what: "temporal", ok: true, found: `${address}, server ${serverVersion}, namespace ${namespace}` },
    await searchAttributes(connection, namespace),
  ];
}

/** Runs work without them; only lists by stage do not. */
async function searchAttributes(connection: Connected["connection"], namespace: string): Promise<Finding> {
  const what = "search attributes";
  const known = await connection.operatorService.listSearchAttributes({ namespace }).catch((error: unknown) => {
    if (isGrpcServiceError(error)) return null;
    throw error;
  });
  // Temporal Cloud has another tool for them, and does not let us look.
  if (known === null) return { what, ok: true, found: "the server does not tell; runs work without them" };
  const { customAttributes } = known;
  const missing = missingFrom(customAttributes);
  if (missing.length === 0) return { what, ok: true, found: Object.keys(SEARCH_ATTRIBUTES).join(", ") };
  return {
    what,
    ok: true,
    found: `${missing.join(", ")} not there yet: a worker adds them where it may; else: ${addingCommand(missing, namespace)}`,
  };
}

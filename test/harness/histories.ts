import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@temporalio/client";
import proto from "@temporalio/proto";
import { PROJECT } from "./world.ts";

// A CommonJS package whose names Node cannot see from outside.
const { History } = proto.temporal.api.history.v1;
type History = ReturnType<typeof History.decode>;

/** Histories of this test run; thrown away with it. */
export const FRESH = join(PROJECT, "test/replay/fresh");
/** Histories that earlier versions made, kept for ever. */
export const KEPT = join(PROJECT, "test/replay/histories");

/** Saves the history of every execution that a test server has seen, for the replay tests at the end of the run. */
export async function saveHistories(client: Client): Promise<void> {
  mkdirSync(FRESH, { recursive: true });
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    writeFileSync(
      join(FRESH, `${workflowId.replaceAll("/", "~")}@${runId}.pb`),
      History.encode(withoutTraces(history)).finish(),
    );
  }
}

/** Stack traces name folders of the machine that ran the test, and replay does not need them. */
function withoutTraces<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  for (const [name, member] of Object.entries(value)) {
    if (name === "stackTrace") (value as Record<string, unknown>)[name] = "";
    else withoutTraces(member);
  }
  return value;
}

export interface SavedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
}

export function readHistories(folder: string): SavedHistory[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".pb"))
    .toSorted()
    .map((name) => ({
      name,
      workflowId: name.slice(0, name.lastIndexOf("@")).replaceAll("~", "/"),
      history: History.decode(readFileSync(join(folder, name))),
    }));
}

import type { RunProgress } from "../contract/progress.ts";
import { shortDigest } from "../contract/table.ts";
import { CONTROL_QUEUE, queueOf, type Role } from "../contract/queues.ts";

/** Says that nothing can go on because no worker polls these queues, and what to type. Null when all are served. */
export function waitingLine(unserved: readonly (Role | "control")[]): string | null {
  if (unserved.length === 0) return null;
  // Without the workflow's own queue nothing moves, whatever the roles have; a worker takes all queues unless told less.
  if (unserved.includes("control")) {
    return `waiting: no worker takes the queue ${CONTROL_QUEUE}. Start one: bin/snowball worker`;
  }
  const roles = unserved.filter((each) => each !== "control");
  const queues = `queue${roles.length > 1 ? "s" : ""} ${roles.map(queueOf).join(", ")}`;
  const command = `bin/snowball worker --roles ${roles.join(",")} --devices 0`;
  return `waiting: no worker takes the ${queues}. Start one on a host with a free device: ${command}`;
}

/** Says what the gate asks and how to answer. Null when it does not ask. */
export function askingLine(progress: RunProgress | null): string | null {
  if (!progress?.asking) return null;
  const { iteration, from, to, measured } = progress.asking;
  const answers = ["--promote", "--rollback"].map((option) => `bin/snowball gate ${progress.run} ${option}`);
  return (
    `the gate asks about iter_${iteration}: policy ${shortDigest(to)} instead of ${shortDigest(from)}? ${measured}. ` +
    `Answer: ${answers.join("  or  ")}`
  );
}

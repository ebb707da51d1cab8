import { CONTROL_QUEUE, queueOf, type Role } from "../contract/queues.ts";

/** Says that nothing can go on because no worker polls these queues, and what to type. Null when all are served. */
export function waitingLine(unserved: readonly (Role | "control")[]): string | null {
  if (unserved.length === 0) return null;
  const queues = unserved.map((each) => (each === "control" ? CONTROL_QUEUE : queueOf(each)));
  const roles = unserved.filter((each) => each !== "control");
  const flags = roles.length === 0 ? "" : ` --roles ${roles.join(",")} --devices 0`;
  const where = roles.length === 0 ? "Start one" : "Start one on a host with a free device";
  return `waiting: no worker takes the queue${queues.length > 1 ? "s" : ""} ${queues.join(", ")}. ${where}: bin/snowball worker${flags}`;
}

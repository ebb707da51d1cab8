/** The roles a device can play. Each has a task queue of its own. */
export const ROLES = ["rollout", "imagine", "score", "train"] as const;
export type Role = (typeof ROLES)[number];

/** Workflow tasks and the light steps (data, pairs, ledger, report) that need no device. */
export const CONTROL_QUEUE = "snowball";

/** Requests to a service outside: their rate is limited by the queue, for all hosts together. */
export const API_QUEUE = `${CONTROL_QUEUE}-api`;

/** Under this name the versions of the workflows stand in a namespace. */
export const DEPLOYMENT = "snowball";

/** The task queue of a role's activities. */
export function queueOf(role: Role): string {
  return `${CONTROL_QUEUE}-${role}`;
}

import { titleOf } from "./iterations.ts";
import { share } from "./numbers.ts";
import type { RunSnapshot } from "./snapshot.ts";
import { DOING } from "./stages.ts";
import { askingLine, waitingLine } from "./waiting.ts";

/** Where a run stands, on one line without any control character: for logs and pipes. */
export function plainLine(snapshot: RunSnapshot): string {
  const { progress, training } = snapshot;
  const parts: string[] = [];
  if (snapshot.stalled) parts.push(`${snapshot.stalled.why} ${snapshot.stalled.todo}`);
  else if (progress === null) parts.push(`${snapshot.name}: no worker answers yet`);
  else {
    parts.push(titleOf(progress.iteration, progress.iterations), DOING[progress.stage]);
    for (const [role, { done, total }] of Object.entries(progress.roles)) parts.push(`${role} ${done}/${total}`);
  }
  if (training !== null) {
    const { loss } = training.metrics;
    parts.push(`step ${training.done}/${training.total}${loss === undefined ? "" : `, loss ${share(loss)}`}`);
  }
  const asking = askingLine(progress);
  if (asking !== null) parts.push(asking);
  const waiting = waitingLine(snapshot.unserved);
  if (waiting !== null) parts.push(waiting);
  return [parts.join(" · "), ...snapshot.troubles].join("\n");
}

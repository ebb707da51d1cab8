import type { Retry } from "./quarantined.ts";
import { count, plural } from "../../../numbers.ts";

/** Reasons that are listed; the rest is counted. */
const SHOWN = 5;

/** Which quarantined samples are made again, and what that touches; before anything is done. */
export function retryLines(name: string, { reasons, views, judged, poisoned }: Retry): string[] {
  const all = Object.entries(reasons).toSorted(([, a], [, b]) => b - a);
  const samples = all.reduce((sum, [, each]) => sum + each, 0);
  if (samples === 0) return [`${name} has no quarantined sample.`];
  const more = all.slice(SHOWN).reduce((sum, [, each]) => sum + each, 0);
  return [
    `${plural(samples, "sample")} of ${name} ${samples === 1 ? "is" : "are"} quarantined:`,
    ...all.slice(0, SHOWN).map(([reason, each]) => `  ${count(each)} × ${reason}`),
    ...(more > 0 ? [`  ${count(more)} for other reasons`] : []),
    `Made again: the views of ${plural(views.length, "chunk")}, the scores or answers of ${plural(judged.length, "more chunk")}, ` +
      "and of what was built on them whatever comes out differently.",
    ...(poisoned > 0
      ? [`${plural(poisoned, "sample")} of questions that killed a model process: tried again from the rollout on.`]
      : []),
  ];
}

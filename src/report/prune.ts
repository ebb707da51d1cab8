import type { Prunable, PrunePlan } from "../run/prune.ts";
import { alignedLines } from "../contract/table.ts";
import { count, size } from "../numbers.ts";

const NAMES: Readonly<Record<Prunable["what"], string>> = {
  checkpoints: "checkpoints of finished trainings",
  views: "views beside the pairs",
  unreferenced: "artifacts that no run refers to",
  scratch: "scratch of dead processes",
  aside: "set aside and made again since",
};

/** What goes and what stays; `done` says whether it is gone already. */
export function pruneLines({ parts, bytes, left }: PrunePlan, done: boolean): string[] {
  const rows = parts.map(({ what, keys, folders, bytes: own }) => [
    `  ${NAMES[what]}`,
    count(keys.length + folders.length),
    size(own),
  ]);
  const head = done ? `Freed ${size(bytes)}.` : `Would free ${size(bytes)}.`;
  return [
    ...alignedLines(rows),
    parts.length === 0 ? "There is nothing to prune." : head,
    ...left.map((line) => `Kept: ${line}`),
  ];
}

import * as Plot from "@observablehq/plot";
import { share } from "../../../contract/table.ts";
import { figure } from "../../../report/html/figure.ts";
import type { Section } from "../../../report/html/section.ts";
import type { Floors, IterationRow } from "../contract/rows.ts";

/** Accuracy per iteration, beside what the arms reach that no policy touches. */
export function learning(rows: readonly IterationRow[], floors: Floors | null): Section | null {
  const points = rows.flatMap(({ iteration, score }) => {
    const accuracy = score?.accuracy;
    if (!accuracy) return [];
    const { mean, half } = accuracy;
    return [{ at: iteration < 0 ? "base" : String(iteration + 1), mean, low: mean - half, high: mean + half }];
  });
  if (points.length === 0) return null;
  const lines = linesOf(floors);
  const said = points.map(({ at, mean }) => `${at} ${share(mean)}`).join(", ");
  const compared = lines.map(({ name, value }) => `${name} ${share(value)}`).join(", ");
  return {
    id: "learning",
    title: "Does it learn?",
    body: figure({
      caption:
        "Accuracy of another model on held-out test questions, with the views that each policy asks for (95 % intervals). " +
        "Lines: what needs no policy. The best constant view is picked on these same questions, and the best view gains from lucky guesses.",
      description: `Accuracy by iteration: ${said}.${compared === "" ? "" : ` For comparison: ${compared}.`}`,
      height: 320,
      marginRight: 190,
      x: { type: "point", domain: points.map(({ at }) => at), label: "iteration" },
      y: { domain: [0, 1], grid: true, label: "accuracy" },
      marks: [
        Plot.ruleY(lines, { y: "value", stroke: "var(--quiet)", strokeDasharray: "4 3" }),
        Plot.text(lines, {
          y: "shown",
          text: "label",
          frameAnchor: "right",
          dx: 6,
          textAnchor: "start",
          fill: "var(--quiet)",
        }),
        Plot.line(points, { x: "at", y: "mean", stroke: "var(--series-1)" }),
        Plot.ruleX(points, { x: "at", y1: "low", y2: "high", stroke: "var(--series-1)", strokeWidth: 2 }),
        Plot.dot(points, { x: "at", y: "mean", fill: "var(--series-1)", r: 5 }),
      ],
    }),
  };
}

/** Apart enough to be read. */
const APART = 0.05;

function linesOf(floors: Floors | null) {
  if (floors === null) return [];
  const { no_view, random_view, best_constant, best_view } = floors;
  const all = [
    { name: "no view", value: no_view },
    { name: "random view", value: random_view },
    { name: `best constant (${best_constant?.name ?? ""})`, value: best_constant?.accuracy ?? null },
    { name: "best view always", value: best_view },
  ];
  let above = -1;
  return all
    .flatMap(({ name, value }) => (value === null ? [] : [{ name, value, label: `${name} ${share(value)}` }]))
    .toSorted((a, b) => a.value - b.value)
    .map((line) => {
      above = Math.max(line.value, above + APART);
      return { ...line, shown: above };
    });
}

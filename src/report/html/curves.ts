import * as Plot from "@observablehq/plot";
import { figure } from "./figure.ts";
import type { Html } from "./html.ts";
import type { Log } from "../../run/logs.ts";

/** What is drawn at most, the losses first: the log itself is in the run folder. */
const MOST_METRICS = 6;
/** Points of a line at most; every n-th is taken of longer ones. */
const MOST_POINTS = 400;

/** Not how the training went, but where it was or how fast. */
const BESIDE = /^(step|epoch|total_flos|num_tokens|.*runtime|.*per_second|global_step|.*_s)$/;

/** A figure per metric, with a line per training. */
export function curveFigures(curves: readonly Log[]): Html[] {
  const metrics = [...new Set(curves.flatMap(({ points }) => points.flatMap((point) => Object.keys(point))))]
    .filter((name) => !BESIDE.test(name))
    .toSorted((a, b) => rank(a) - rank(b));
  return metrics.slice(0, MOST_METRICS).map((metric) => curveFigure(curves, metric));
}

/** Loss and what preferences are judged by come first; the others as the log has them. */
function rank(metric: string): number {
  const place = ["loss", "rewards/margins", "margin", "rewards/accuracies", "accuracy", "reward"].indexOf(metric);
  return place < 0 ? 99 : place;
}

function curveFigure(curves: readonly Log[], metric: string): Html {
  const lines = curves.map(({ title, points }) => {
    const own = points.flatMap(({ step, [metric]: value }) => (value === undefined ? [] : [{ title, step, value }]));
    const every = Math.max(1, Math.ceil(own.length / MOST_POINTS));
    return own.filter((_, place) => place % every === 0 || place === own.length - 1);
  });
  const drawn = lines.filter((line) => line.length > 0);
  const ends = drawn.map((line) => {
    const [first, last] = [line[0]!, line.at(-1)!];
    return `${first.title} from ${first.value.toPrecision(3)} to ${last.value.toPrecision(3)}`;
  });
  const all = drawn.flat();
  return figure({
    caption: `${metric} while training, by optimiser step.`,
    description: `${metric}: ${ends.join("; ")}`,
    height: 220,
    marginLeft: 60,
    x: { label: "step" },
    y: { label: metric, grid: true },
    color: { domain: curves.map(({ title }) => title), legend: curves.length > 1 },
    marks: [
      Plot.lineY(all, { x: "step", y: "value", stroke: "title", strokeWidth: 1.5 }),
      Plot.dot(
        all.filter(() => all.length < 60),
        { x: "step", y: "value", fill: "title", r: 2 },
      ),
    ],
  });
}

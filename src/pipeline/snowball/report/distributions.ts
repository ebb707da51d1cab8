import * as Plot from "@observablehq/plot";
import { middleGap } from "../../../statistics/quantiles.ts";
import { figure } from "../../../report/html/figure.ts";
import { html } from "../../../report/html/html.ts";
import type { Section } from "../../../report/html/section.ts";

/** Numbers of one iteration. */
export interface Scores {
  /** "iteration 1". */
  readonly title: string;
  /** Of samples that have one. */
  readonly scores: readonly number[];
  /** Of its pairs. */
  readonly gaps: readonly number[];
}

/** Between which numbers scores lie, and what people should know of them. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly said: string;
}

/** Scores of ours. */
const OURS: Scale = {
  low: -1,
  high: 1,
  said: "Scores of all samples that have one. −1 is output that could not be read, 0 is neutral.",
};

/**
 * How scores and gaps lie, iteration by iteration.
 * @param minGap min_score_gap; null where the run is none of ours
 */
export function distributions(rounds: readonly Scores[], minGap: number | null, scale = OURS): Section | null {
  if (rounds.every(({ scores, gaps }) => scores.length + gaps.length === 0)) return null;
  const titles = rounds.map(({ title }) => title);
  const scores = rounds.flatMap(({ title, scores }) => bars(title, scores, scale, scale.low));
  const gaps = rounds.flatMap(({ title, gaps }) => bars(title, gaps, scale, 0));
  const height = 60 + 60 * rounds.length;
  const body = html`
    ${figure({
      caption: scale.said,
      description: `Median score: ${medians(rounds.map(({ title, scores }) => [title, scores]))}`,
      height,
      marginRight: 90,
      x: { label: "score", domain: [scale.low, scale.high] },
      y: { label: "samples", ticks: 3 },
      fy: { domain: titles, label: null },
      marks: [
        Plot.rectY(scores, { x1: "from", x2: "to", y: "many", fy: "title", fill: "var(--series-1)" }),
        Plot.ruleY([0]),
      ],
    })}
    ${figure({
      caption: `Gaps between the chosen and the rejected of a pair${minGap === null ? "" : `; the line is min_score_gap (${minGap})`}.`,
      description: `Median gap: ${medians(rounds.map(({ title, gaps }) => [title, gaps]))}`,
      height,
      marginRight: 90,
      x: { label: "score gap", domain: [0, scale.high - scale.low] },
      y: { label: "pairs", ticks: 3 },
      fy: { domain: titles, label: null },
      marks: [
        Plot.rectY(gaps, { x1: "from", x2: "to", y: "many", fy: "title", fill: "var(--series-2)" }),
        Plot.ruleX(minGap === null ? [] : [minGap], { strokeDasharray: "4 3" }),
        Plot.ruleY([0]),
      ],
    })}
  `;
  return { id: "scores", title: "Scores and gaps", body };
}

/** Over the whole scale, which gaps can be as wide as. */
const BARS = 40;

interface Bar {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly many: number;
}

function bars(title: string, values: readonly number[], { low, high }: Scale, lowest: number): Bar[] {
  const width = (high - low) / BARS;
  const many = new Map<number, number>();
  for (const value of values) {
    const place = Math.min(BARS - 1, Math.max(0, Math.floor((value - lowest) / width)));
    many.set(place, (many.get(place) ?? 0) + 1);
  }
  return [...many].map(([place, many]) => ({
    title,
    from: lowest + place * width,
    to: lowest + (place + 1) * width,
    many,
  }));
}

function medians(of: readonly (readonly [string, readonly number[]])[]): string {
  return of.map(([title, values]) => `${title} ${middleGap(values)?.toFixed(2) ?? "none"}`).join(", ");
}

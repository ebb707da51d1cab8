import * as Plot from "@observablehq/plot";
import { share } from "../../../contract/table.ts";
import { figure } from "../../../report/html/figure.ts";
import { html } from "../../../report/html/html.ts";
import type { Section } from "../../../report/html/section.ts";
import { seedFor } from "../../../seed.ts";
import { measured } from "../../../statistics/bootstrap.ts";

/** A sample with views whose score can be held against what its views really show. */
export interface Judged {
  readonly question: string;
  /** What is resampled together. */
  readonly scene: string;
  /** −1 … 1. */
  readonly score: number;
  /** Does any of its views show what is asked, by the scene itself? */
  readonly useful: boolean;
}

/** How good the scores are as a judgement of views. */
export interface Calibration {
  readonly bins: readonly Bin[];
  /** Pairs of samples of one question of which exactly one is useful. */
  readonly compared: number;
  /** How often of those the useful one has the higher score; equal scores count half. null for none. */
  readonly higherIsBetter: number | null;
}

/** Samples whose scores are alike. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Mean score, and the share of useful ones with its 95 % interval (bootstrap over scenes). */
  readonly score: number;
  readonly useful: { readonly mean: number; readonly half: number };
}

const BINS = 10;
const RESAMPLES = 500;

/** The reliability of scores (DeGroot and Fienberg 1983), and the probability that a better view has a higher score. */
export function calibrate(judged: readonly Judged[]): Calibration {
  const width = 2 / BINS;
  const groups = Map.groupBy(judged, ({ score }) => Math.min(BINS - 1, Math.floor((score + 1) / width)));
  const bins = [...groups]
    .toSorted(([a], [b]) => a - b)
    .map(([place, own]): Bin => {
      const rows = own.map(({ question, scene, useful }, at) => ({
        id: `${question} ${at}`,
        group: scene,
        value: Number(useful),
      }));
      return {
        from: -1 + place * width,
        to: -1 + (place + 1) * width,
        samples: own.length,
        score: own.reduce((sum, each) => sum + each.score, 0) / own.length,
        useful: measured(rows, { seed: seedFor("calibration", place), resamples: RESAMPLES })!,
      };
    });
  let compared = 0;
  let higher = 0;
  for (const own of Map.groupBy(judged, ({ question }) => question).values()) {
    for (const good of own.filter(({ useful }) => useful)) {
      for (const poor of own.filter(({ useful }) => !useful)) {
        compared += 1;
        higher += good.score > poor.score ? 1 : good.score === poor.score ? 0.5 : 0;
      }
    }
  }
  return { bins, compared, higherIsBetter: compared === 0 ? null : higher / compared };
}

/** The judge held against the truth. */
export function calibrationSection(judged: readonly Judged[], note: string | null): Section {
  const { bins, compared, higherIsBetter } = calibrate(judged);
  const said =
    higherIsBetter === null
      ? "No question has both a view that shows what is asked and one that does not, so scores cannot be compared."
      : `Of two views for one question, one of which shows what is asked, that one has the higher score in ${share(higherIsBetter)} of ${compared.toLocaleString("en-US")} comparisons (.50 is chance).`;
  const points = bins.map(({ score, samples, useful: { mean, half } }) => ({
    score,
    samples,
    mean,
    low: Math.max(0, mean - half),
    high: Math.min(1, mean + half),
  }));
  const body = html`
    <p>${said}</p>
    <p class="note">${note}</p>
    ${figure({
      caption:
        "Reliability: of samples with about this score, the share whose views show what is asked, by the scene itself; " +
        "bigger dots are more samples, bars 95 % intervals. A judge is of use when this rises.",
      description: points
        .map(({ score, mean, samples }) => `score ${score.toFixed(2)}: ${share(mean)} of ${samples} useful`)
        .join("; "),
      height: 300,
      x: { domain: [-1, 1], label: "score" },
      y: { domain: [0, 1], grid: true, label: "share that shows it" },
      r: { range: [3, 12] },
      marks: [
        Plot.line(points, { x: "score", y: "mean", stroke: "var(--series-3)", strokeOpacity: 0.5 }),
        Plot.ruleX(points, { x: "score", y1: "low", y2: "high", stroke: "var(--series-3)", strokeWidth: 2 }),
        Plot.dot(points, { x: "score", y: "mean", r: "samples", fill: "var(--series-3)" }),
      ],
    })}
  `;
  return { id: "judge", title: "Is the judge right?", body };
}

import * as Plot from "@observablehq/plot";
import { share } from "../../contract/table.ts";
import { differencesOf } from "../../recipe/differences.ts";
import { seedFor } from "../../seed.ts";
import { pairedBootstrap } from "../../statistics/bootstrap.ts";
import { observationsOf } from "../../statistics/scores.ts";
import { figure } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { type Assets, page } from "./page.ts";
import type { MeasuredRows, ReportedRun, Section } from "./section.ts";
import { tableHtml } from "./table.ts";
import { verdict } from "./verdict.ts";

/** Draws of the paired bootstrap. */
const RESAMPLES = 10_000;
const SCORE = "accuracy";

/** Runs side by side: what differs in their recipes, what they reached, and whether the difference means anything. */
export function comparePage(runs: readonly ReportedRun[], assets: Assets): string {
  const names = runs.map(({ name }) => name);
  const lead = html`<ul>
    ${runs.map((run) => html`<li>${verdict(run).join(" ")}</li>`)}
  </ul>`;
  const sections: Section[] = [
    { id: "change", title: "Is one better?", body: html`${changes(runs)}` },
    { id: "curves", title: "How they went", body: html`${accuracies(runs)}` },
    { id: "recipes", title: "What differs in the recipes", body: recipes(runs) },
    { id: "tables", title: "Tables", body: html`${runs.map((run) => ofRun(run))}` },
  ];
  return page(names.join(" · "), lead, sections, assets);
}

function ofRun({ name, tables }: ReportedRun): Html {
  return html`<h3>${name}</h3>
    ${tables.map(tableHtml)}`;
}

/** The last policies of two runs on the items that both were asked, for every benchmark that both have. */
export function lastChanges(from: ReportedRun, to: ReportedRun): LastChange[] {
  return benchmarksOf(from).flatMap((benchmark) => {
    const [before, after] = [lastOf(from, benchmark), lastOf(to, benchmark)];
    if (before === undefined || after === undefined) return [];
    const paired = pairedBootstrap(observations(before), observations(after), {
      seed: seedFor("compare", benchmark),
      resamples: RESAMPLES,
    });
    return paired === null ? [] : [{ benchmark, from: before.policy, to: after.policy, ...paired }];
  });
}

export interface LastChange {
  readonly benchmark: string;
  readonly from: string;
  readonly to: string;
  readonly change: number;
  readonly low: number;
  readonly high: number;
  readonly items: number;
  readonly groups: number;
}

function changes([first, ...others]: readonly ReportedRun[]): Html[] {
  if (first === undefined) return [];
  return others.flatMap((other) => {
    const found = lastChanges(first, other);
    if (found.length === 0) {
      return [html`<p>${first.name} and ${other.name} were not measured on the same questions.</p>`];
    }
    return found.map((each) => html`<p>${changeSentence(first.name, other.name, each)}</p>`);
  });
}

function changeSentence(first: string, other: string, { benchmark, from, to, items, groups, ...paired }: LastChange) {
  const { change, low, high } = paired;
  const judged =
    low > 0
      ? `${other} is better: the interval excludes 0`
      : high < 0
        ? `${first} is better: the interval excludes 0`
        : "the interval includes 0, so this shows no difference";
  return (
    `${benchmark}: ${other} (${to}) against ${first} (${from}) ${signed(change)}, 95 % interval ${signed(low)} to ${signed(high)}, ` +
    `by paired bootstrap on ${items} questions that both answered (${groups} scenes): ${judged}.`
  );
}

function signed(value: number): string {
  return value >= 0 ? `+${share(value)}` : share(value);
}

function accuracies(runs: readonly ReportedRun[]): Html[] {
  const benchmarks = [...new Set(runs.flatMap(benchmarksOf))];
  return benchmarks.map((benchmark) => {
    const points = runs.flatMap(({ name, measured }) =>
      measured
        .filter((each) => each.benchmark === benchmark)
        .flatMap((each, place) => {
          const own = observations(each);
          const mean = own.reduce((sum, { value }) => sum + value, 0) / own.length;
          return own.length === 0 ? [] : [{ name, place, mean }];
        }),
    );
    return figure({
      caption: `${benchmark}: accuracy of each run's policies, in the order in which they were made (0 is the first).`,
      description: points.map(({ name, place, mean }) => `${name}, policy ${place}: ${share(mean)}`).join("; "),
      height: 280,
      x: { label: "policy", tickFormat: "d", interval: 1 },
      y: { domain: [0, 1], grid: true, label: SCORE },
      color: { domain: runs.map(({ name }) => name), legend: true },
      marks: [
        Plot.line(points, { x: "place", y: "mean", stroke: "name" }),
        Plot.dot(points, { x: "place", y: "mean", fill: "name", r: 5 }),
      ],
    });
  });
}

function recipes([first, ...others]: readonly ReportedRun[]): Html {
  const found = others.flatMap((other) =>
    differencesOf(first?.recipe, other.recipe)
      .filter(({ field }) => field !== "name")
      .map(
        ({ field, change }) =>
          html`<tr>
            <th scope="row">${field}</th>
            <td><code>${change}</code></td>
            <td>${other.name}</td>
          </tr>`,
      ),
  );
  if (found.length === 0) return html`<p>Nothing but the name.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Differences">
    <table class="texts">
      <caption>
        Fields that differ from those of ${first?.name}
      </caption>
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col">change</th>
          <th scope="col">in</th>
        </tr>
      </thead>
      <tbody>
        ${found}
      </tbody>
    </table>
  </div>`;
}

function benchmarksOf({ measured }: ReportedRun): string[] {
  return [...new Set(measured.map(({ benchmark }) => benchmark))];
}

function lastOf({ measured }: ReportedRun, benchmark: string): MeasuredRows | undefined {
  return measured.findLast((each) => each.benchmark === benchmark);
}

function observations({ rows }: MeasuredRows) {
  return observationsOf(rows, SCORE, rows[0]?.split ?? "");
}

import * as Plot from "@observablehq/plot";
import { duration } from "../../numbers.ts";
import { type TimedStep, timeSpent, timeTables } from "../times.ts";
import { figure } from "./figure.ts";
import { html } from "./html.ts";
import type { Section } from "./section.ts";
import { tableHtml } from "./table.ts";

const MS_PER_MINUTE = 60_000;

/** Where the time went, by role, and what each device did; null where nothing was noted. */
export function timeSection(steps: readonly TimedStep[]): Section | null {
  const tables = timeTables(steps);
  if (tables.length === 0) return null;
  const { roles } = timeSpent(steps);
  const bars = roles.flatMap(({ role, worked, loaded, waited }) => [
    { role, what: "worked", minutes: worked / MS_PER_MINUTE },
    { role, what: "loaded models", minutes: loaded / MS_PER_MINUTE },
    { role, what: "waited for a device", minutes: waited / MS_PER_MINUTE },
  ]);
  const said = roles.map(
    ({ role, worked, loaded, waited }) =>
      `${role} worked ${duration(worked)}, loaded ${duration(loaded)}, waited ${duration(waited)}`,
  );
  const drawn = figure({
    caption: "Minutes of all steps of a role, which overlap: what they worked, and what waiting cost.",
    description: said.join("; "),
    height: 60 + 36 * roles.length,
    marginLeft: 90,
    x: { label: "minutes", grid: true },
    y: { label: null, domain: roles.map(({ role }) => role) },
    color: { domain: ["worked", "loaded models", "waited for a device"], legend: true },
    marks: [Plot.barX(bars, { x: "minutes", y: "role", fill: "what" }), Plot.ruleX([0])],
  });
  return { id: "time", title: "Where the time went", body: html`${drawn}${tables.map(tableHtml)}` };
}

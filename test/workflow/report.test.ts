import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WorkflowFailedError } from "@temporalio/client";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { shownCell } from "../../src/contract/table.ts";
import type { IterationRow } from "../../src/pipeline/snowball/contract/rows.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { PairRow } from "../../src/preference/rows.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { type Change, simulatedRecipe } from "../harness/world.ts";
import { snowball } from "../harness/command.ts";
import { stageForFile } from "../harness/suite.ts";
import { openFile, startBrowser } from "../support/browser.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";

const stage = stageForFile();
let browser: Browser;

/** Two iterations of eight questions; some samples fail, so that the accounts have several parts. */
const SMALL: Change<Recipe> = {
  loop: { num_iterations: 2 },
  data: { max_samples: 16 },
  simulate: { faults: { malformed_share: 0.1, empty_share: 0.05 } },
};

beforeAll(async () => {
  browser = await startBrowser();
});

afterAll(() => browser.close());

async function run(name: string, change: Change<Recipe> = {}): Promise<RunResult> {
  await startRun(stage.client, simulatedRecipe(name, { ...SMALL, ...change } as Change<Recipe>));
  return resultOf(stage.client, name);
}

async function reportOf(...args: string[]): Promise<void> {
  const { exitCode, all } = await snowball(stage.root, "report", ...args);
  expect(exitCode, all).toBe(0);
}

test("a report opens from the disk, asks for nothing, tells the result's numbers, and its filters and slider work", async () => {
  const result = await run("shown");
  await reportOf("shown");
  const folder = join(stage.root, result.folder);
  const file = join(folder, "report.html");
  expect(statSync(file).size).toBeLessThan(2_000_000);
  const { page, requests, problems } = await openFile(browser, file);

  const [table] = result.tables;
  const names = await texts(page, "#tables ~ .scroll thead th");
  const columns = table!.columns.filter(({ title }) => names.includes(title));
  expect(columns.length).toBeGreaterThan(5);
  const cells = table!.rows.flatMap((row) => columns.map(({ name, kind }) => shownCell(row[name] ?? null, kind)));
  expect(await texts(page, "#tables ~ .scroll tbody :is(th, td)")).toEqual(cells);
  // What the page says of an iteration is what its own summary says.
  const told = await texts(page, "#tables ~ .scroll tbody tr");
  for (const at of [0, 1]) {
    const text = readFileSync(join(folder, `iter_${at}/summary.json`), "utf8");
    const { pairs, score, policy } = JSON.parse(text) as IterationRow;
    const accuracy = shownCell(score!.accuracy, "measured");
    const row = told[at + 1]!.replaceAll(/\s+/g, " ");
    for (const cell of [String(pairs), accuracy, shownCell(policy, "digest")]) expect(row).toContain(cell);
  }
  const roles = await texts(page, "#time ~ .scroll tbody th");
  expect(roles).toEqual(expect.arrayContaining(["rollout", "imagine", "score", "train", "light steps"]));
  expect(roles.some((name) => name.endsWith("cpu:0"))).toBe(true);

  const [samples] = result.accounts;
  const flow = await page.$eval(".flow svg", (svg) => svg.getAttribute("aria-label"));
  for (const [part, many] of Object.entries(samples!.parts)) expect(flow).toContain(`${many} ${part}`);
  expect(await page.$$eval("#curves ~ figure svg[aria-label^='loss'] path", (paths) => paths.length)).toBeGreaterThan(
    0,
  );

  const pairs = [0, 1].flatMap(
    (at) => JSON.parse(readFileSync(join(folder, `iter_${at}/dpo_pairs.json`), "utf8")) as PairRow[],
  );
  expect(await said(page, "#pair-cards")).toContain(`of ${pairs.length} pairs`);
  await page.select("#pair-cards select[name=iteration]", "2");
  expect(await said(page, "#pair-cards")).toContain(
    `of ${pairs.filter(({ iteration }) => iteration === 1).length} pair`,
  );
  await page.select("#pair-cards select[name=order]", "gap up");
  const gaps = await page.$$eval("#pair-cards article:not([hidden])", (cards) =>
    cards.map((card) => (JSON.parse(card.getAttribute("data-facts")) as { gap: number }).gap),
  );
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  const drawn = await page.$$eval("#pair-cards article:not([hidden]) img", (images) =>
    images.map((image) => image.src),
  );
  expect(drawn.length).toBeGreaterThan(0);
  expect(drawn.every((source) => source.startsWith("data:image/webp"))).toBe(true);

  const later = () => page.$$eval("#held-out-cards .step.later", (steps) => steps.length);
  expect(await later()).toBe(0);
  await page.focus(".slider input");
  await page.keyboard.press("Home");
  expect(await later()).toBe(2 * 12);
  expect(await page.$eval(".slider output", (output) => output.textContent)).toMatch(/^base: \d+ of 12 right$/);

  expect(requests).toEqual([pathToFileURL(file).href]);
  expect(problems).toEqual([]);
});

test("a run that stopped in the middle has a report of what there is", async () => {
  const stopped = run("stopped", { simulate: { faults: { imagine_failure_share: 0.9 } } });
  await expect(stopped).rejects.toThrow(WorkflowFailedError);
  await reportOf("stopped", "--out", "stopped.html");
  const { page, problems } = await openFile(browser, join(stage.root, "stopped.html"));
  expect(await page.$eval(".verdict", (verdict) => verdict.textContent)).toContain("is not complete");
  expect(problems).toEqual([]);
});

test("two runs stand side by side, with what differs and a paired comparison", async () => {
  await run("beta", { training: { beta: 0.3 } });
  await reportOf("shown", "beta", "--out", "both.html");
  const { page, requests, problems } = await openFile(browser, join(stage.root, "both.html"));
  expect(await texts(page, "#recipes ~ .scroll tbody th")).toEqual(["training.beta"]);
  const sentence = await page.$eval("#change ~ p", (paragraph) => paragraph.textContent);
  expect(sentence).toMatch(/paired bootstrap on 12 questions/);
  expect(requests).toHaveLength(1);
  expect(problems).toEqual([]);
});

function texts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (elements) => elements.map((element) => element.textContent.trim()));
}

function said(page: Page, room: string): Promise<string> {
  return page.$eval(`${room} output`, (output) => output.textContent);
}

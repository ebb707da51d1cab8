import chromium from "@sparticuz/chromium";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { pathToFileURL } from "node:url";

/** A file opened from the disk in a real browser, with all that it asked for and complained of. */
export interface Opened {
  readonly page: Page;
  /** Addresses, those of embedded data left out. */
  readonly requests: readonly string[];
  /** Console errors and uncaught exceptions. */
  readonly problems: readonly string[];
}

/** A headless Chromium, which a package carries. */
export async function startBrowser(): Promise<Browser> {
  return puppeteer.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: "shell" });
}

export async function openFile(browser: Browser, file: string): Promise<Opened> {
  const page = await browser.newPage();
  const requests: string[] = [];
  const problems: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) requests.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(pathToFileURL(file).href);
  return { page, requests, problems };
}

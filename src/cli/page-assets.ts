import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assets } from "../report/html/page.ts";
import { PROJECT } from "./options.ts";

/** Of this project, which writes the pages. */
export function version(): string {
  return (JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { version: string }).version;
}

/** What the page is dressed in; it is put into it, so that the file can be passed on alone. */
export function assets(): Assets {
  return { css: asset("page.css"), script: asset("page.js") };
}

function asset(name: string): string {
  return readFileSync(join(PROJECT, "src/report/html/browser", name), "utf8");
}

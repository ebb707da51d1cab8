import { curveFigures } from "./curves.ts";
import { flow } from "./flow.ts";
import { type Html, html, markup } from "./html.ts";
import { measuredFigure } from "./measured.ts";
import type { ReportedRun, Section } from "./section.ts";
import { tableHtml } from "./table.ts";
import { timeSection } from "./time.ts";
import { verdict } from "./verdict.ts";

/** What every page is dressed in: the text of page.css and of page.js. */
export interface Assets {
  readonly css: string;
  readonly script: string;
}

/** One run as one file that needs nothing else: styles, drawings, pictures and script are inside it. */
export function runPage(run: ReportedRun, assets: Assets): string {
  return page(run.name, html`${sentences(verdict(run))}${warned(run.warnings)}`, sectionsOf(run), assets);
}

function sectionsOf(run: ReportedRun): Section[] {
  const curves = curveFigures(run.curves);
  const all: (Section | null)[] = [
    { id: "tables", title: "What was measured", body: html`${run.tables.map(measuredTable)}` },
    run.accounts.length === 0
      ? null
      : { id: "accounts", title: "Where everything went", body: html`${run.accounts.map(flow)}` },
    ...run.sections,
    curves.length === 0 ? null : { id: "curves", title: "How it was trained", body: html`${curves}` },
    timeSection(run.times),
    { id: "again", title: "Recipe, versions, and how to do it again", body: again(run) },
  ];
  return all.filter((section) => section !== null);
}

function measuredTable(table: ReportedRun["tables"][number]): Html {
  return html`${measuredFigure(table)}${tableHtml(table)}`;
}

function sentences(said: readonly string[]): Html {
  return html`<p class="verdict">${said.join(" ")}</p>`;
}

function warned(warnings: readonly string[]): Html | null {
  if (warnings.length === 0) return null;
  return html`<ul class="warnings">
    ${warnings.map((warning) => html`<li>${warning}</li>`)}
  </ul>`;
}

function again({ name, digests, files, recipeText, texts, version }: ReportedRun): Html {
  const link = `data:text/yaml;charset=utf-8,${encodeURIComponent(recipeText)}`;
  return html`<p>
      Save <a href="${link}" download="${name}.yaml">the recipe</a> beside the same data and models, and type
      <code>bin/snowball run ${name}.yaml</code>. Where its results are still in the store, they are found and not made
      again; <code>bin/snowball verify ${name}</code> checks every byte of them.
    </p>
    ${pairsTable("Digests", digests)} ${pairsTable("Files", files)}
    <p class="note">Written by Snowball ${version}.</p>
    <details>
      <summary>The recipe, every default filled in</summary>
      <pre>${recipeText}</pre>
    </details>
    ${Object.entries(texts).map(
      ([file, text]) =>
        html`<details>
          <summary>${file}</summary>
          <pre>${text}</pre>
        </details>`,
    )}`;
}

function pairsTable(title: string, pairs: Readonly<Record<string, string>>): Html | null {
  const entries = Object.entries(pairs);
  if (entries.length === 0) return null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}">
    <table class="texts">
      <caption>
        ${title}
      </caption>
      <tbody>
        ${entries.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td><code>${value}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The frame: a list of contents that the keyboard can skip, then the sections. */
export function page(title: string, lead: Html, sections: readonly Section[], { css, script }: Assets): string {
  // Nothing may be fetched, whatever a text of the data says.
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
  const { markup: text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Snowball</title>
        <link rel="icon" href="data:," />
        <style>
          ${markup(css)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header>
          <h1>${title}</h1>
          ${lead}
          <nav aria-label="Contents">
            <ul>
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li> `)}
            </ul>
          </nav>
        </header>
        <main id="main" tabindex="-1">
          ${sections.map(
            ({ id, title, body }) => html`
              <section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${body}
              </section>
            `,
          )}
        </main>
        <script>
          ${markup(script)};
        </script>
      </body>
    </html>`;
  return `${text}\n`;
}

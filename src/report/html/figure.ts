import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Html, html, markup } from "./html.ts";

/** Colours of series, in their order; the page says what they are in the light and in the dark. */
const SERIES = Array.from({ length: 8 }, (_, place) => `var(--series-${place + 1})`);

/** Pixels; the page scales a figure down to its column. */
const WIDTH = 960;

export interface Figure extends Plot.PlotOptions {
  /** Below it, for everybody. */
  readonly caption: string;
  /** What a reader who cannot see it is told: the finding, not the look. */
  readonly description: string;
}

/** A plot, drawn here and now into markup: the page needs no library to show it. */
export function figure({ caption, description, ...options }: Figure): Html {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const drawn = Plot.plot({
    width: WIDTH,
    style: { fontSize: "13px" },
    marginLeft: 50,
    marginBottom: 40,
    ...options,
    color: { range: SERIES, ...options.color },
    // Has all of the DOM that Plot writes with.
    document,
    ariaLabel: description,
  });
  return html`<figure class="plot" role="group" aria-label="${description}">
    ${markup(drawn.outerHTML.replaceAll("--plot-background: white", "--plot-background: var(--page)"))}
    <figcaption>${caption}</figcaption>
  </figure>`;
}

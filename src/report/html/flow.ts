import { type Account, accountSentences, imbalance } from "../../contract/account.ts";
import { count } from "../../contract/table.ts";
import { type Html, html } from "./html.ts";

const WIDTH = 960;
const BAR = 14;
/** Where the bars on the left and on the right begin, from the left. */
const LEFT = 150;
const RIGHT = 600;
/** Pixels of the whole, and the least that a part is drawn with, so that one of a million is still seen. */
const HEIGHT = 100;
const THINNEST = 1.5;
/** Between two parts: room for their words. */
const GAP = 20;

/** Where everything went, as bands from the whole to its parts, which are as wide as they are many. */
export function flow(account: Account): Html {
  const [sentence = `There is no ${account.of}.`] = accountSentences([account]);
  const parts = Object.entries(account.parts).filter(([, many]) => many > 0);
  const gone = imbalance(account);
  if (gone !== 0) parts.push(["not accounted for", Math.abs(gone)]);
  if (account.total === 0 || parts.length === 0) return html`<p>${sentence}</p>`;
  const bands = bandsOf(parts, account.total);
  const height = Math.max(HEIGHT, (bands.at(-1)?.to ?? 0) + GAP / 2) + GAP;
  return html`<figure class="flow">
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${sentence}">
      <rect x="${LEFT}" y="${GAP / 2}" width="${BAR}" height="${HEIGHT}" class="whole" />
      <text x="${LEFT - 8}" y="${GAP / 2 + HEIGHT / 2}" text-anchor="end" dominant-baseline="middle">
        ${count(account.total)} ${account.of.split(" ")[0]}s
      </text>
      ${bands.map((band) => bandOf(band, account.total))}
    </svg>
    <figcaption>${sentence}</figcaption>
  </figure>`;
}

interface Band {
  readonly name: string;
  readonly many: number;
  /** Its place on the right, and the place on the left that it comes from, from the top. */
  readonly from: number;
  readonly to: number;
  readonly source: number;
  readonly width: number;
  readonly series: number;
}

function bandsOf(parts: readonly (readonly [string, number])[], total: number): Band[] {
  let source = GAP / 2;
  let from = GAP / 2;
  return parts.map(([name, many], place) => {
    const width = (many / total) * HEIGHT;
    const to = from + Math.max(width, THINNEST);
    const band = { name, many, from, to, source, width, series: (place % 8) + 1 };
    source += width;
    from = Math.max(to + 6, from + GAP);
    return band;
  });
}

function bandOf({ name, many, from, to, source, width, series }: Band, total: number): Html {
  const [x0, x1] = [LEFT + BAR, RIGHT];
  const middle = (x0 + x1) / 2;
  const upper = `M${x0},${source} C${middle},${source} ${middle},${from} ${x1},${from}`;
  const lower = `L${x1},${to} C${middle},${to} ${middle},${source + width} ${x0},${source + width} Z`;
  return html`<path d="${upper} ${lower}" class="band" style="fill: var(--series-${series})" />
    <rect x="${x1}" y="${from}" width="${BAR}" height="${to - from}" style="fill: var(--series-${series})" />
    <text x="${x1 + BAR + 8}" y="${(from + to) / 2}" dominant-baseline="middle">
      ${count(many)} ${name} (${percent(many / total)})
    </text>`;
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? "under 1 %" : `${Math.round(share * 100)} %`;
}

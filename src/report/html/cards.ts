import { embedded, type Html, html } from "./html.ts";

/** Something to look at, among many: it is filtered and sorted by its facts, in the page. */
export interface Card {
  readonly body: Html;
  /** By the name of a filter or of an order. */
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Cards {
  /** Unique in the page. */
  readonly id: string;
  /** What one of them is called: "pair". */
  readonly noun: string;
  readonly cards: readonly Card[];
  /** Facts to choose by, with the words before the choice. */
  readonly filters: Readonly<Record<string, string>>;
  /** Facts to sort by; the first is how the page opens. */
  readonly orders: Readonly<Record<string, string>>;
  /** Cards shown at once; a button brings more. */
  readonly page: number;
}

/** Cards with their filters. The page's script chooses and sorts; without it all of them are there to be read. */
export function cardsHtml({ id, noun, cards, filters, orders, page }: Cards): Html {
  return html`<div class="cards" id="${id}" data-noun="${noun}" data-page="${page}">
    <form class="controls" aria-label="Choose among the ${noun}s">
      ${Object.entries(filters).map(([name, title]) => choice(name, title, valuesOf(cards, name)))}
      <label
        >Sort by
        <select name="order">
          ${Object.entries(orders).flatMap(([name, title]) => [
            html`<option value="${name} down">${title}, highest first</option>`,
            html`<option value="${name} up">${title}, lowest first</option>`,
          ])}
        </select></label
      >
      <label>With the words <input type="search" name="words" /></label>
      <output aria-live="polite">${cards.length} ${noun}s</output>
    </form>
    <div class="list">
      ${cards.map(({ body, facts }) => html`<article data-facts="${embedded(facts).markup}">${body}</article> `)}
    </div>
    <button type="button" class="more" hidden>Show more</button>
  </div>`;
}

function choice(name: string, title: string, values: readonly string[]): Html {
  return html`<label
    >${title}
    <select name="${name}">
      <option value="">all</option>
      ${values.map((value) => html`<option>${value}</option>`)}
    </select></label
  > `;
}

function valuesOf(cards: readonly Card[], name: string): string[] {
  return [...new Set(cards.map(({ facts }) => String(facts[name] ?? "")))].filter((each) => each !== "").toSorted();
}

/**
 * Pictures of a page, each kept once however often it is shown. Where a picture is shown stands its number; the page's
 * script puts the picture there.
 */
export interface Album {
  /** @param source data URL; null for a picture that is not there */
  shown(source: string | null, alt: string): Html;
  /** What the page's script takes the pictures from; once in the page. */
  html(): Html;
}

export function createAlbum(): Album {
  const places = new Map<string, number>();
  return {
    shown(source, alt) {
      if (source === null)
        return html`<span class="picture missing" role="img" aria-label="${alt}: not there">–</span>`;
      const place = places.get(source) ?? places.size;
      places.set(source, place);
      return html`<img class="picture" data-picture="${place}" alt="${alt}" />`;
    },
    html: () =>
      html`<script type="application/json" id="album">
        ${embedded([...places.keys()])}
      </script>`,
  };
}

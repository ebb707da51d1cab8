/** Markup: text that is put into a page as it is. Everything else is escaped on its way in. */
export interface Html {
  readonly markup: string;
}

type Value = Html | string | number | null | undefined | readonly (Html | string)[];

/** Markup from a template: values are escaped, markup and lists of it are not, null and undefined leave nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let markup = parts[0] ?? "";
  values.forEach((value, place) => (markup += markupOf(value) + (parts[place + 1] ?? "")));
  return { markup };
}

/** Text that is markup already: a drawing, a style sheet. */
export function markup(text: string): Html {
  return { markup: text };
}

/** JSON as the content of a script element, which no `</script>` in a text of the data can end. */
export function embedded(value: unknown): Html {
  return { markup: JSON.stringify(value).replaceAll("<", "\\u003c") };
}

function markupOf(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return String(value);
  if ("markup" in value) return value.markup;
  return value.map((each) => markupOf(each)).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}

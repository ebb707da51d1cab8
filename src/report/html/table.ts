import { type Column, type Row, shownColumns, shownCell, type Table } from "../../contract/table.ts";
import { type Html, html } from "./html.ts";

/** A table as the terminal shows it; digests are whole, behind their first letters. */
export function tableHtml(table: Table): Html {
  const columns = shownColumns(table);
  const [first] = columns;
  const caption = table.title ?? `By ${first?.title ?? "row"}`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${table.rows.map(
            (row) =>
              html`<tr>
                ${columns.map((column, place) => cell(row, column, place))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${(table.notes ?? []).map((note) => html`<p class="note">${note}</p>`)}`;
}

function cell(row: Row, { name, kind }: Column, place: number): Html {
  const value = row[name] ?? null;
  const text = shownCell(value, kind);
  if (place === 0) return html`<th scope="row">${text}</th>`;
  if (kind === "digest" && typeof value === "string") return html`<td><code title="${value}">${text}</code></td>`;
  return html`<td>${text}</td>`;
}

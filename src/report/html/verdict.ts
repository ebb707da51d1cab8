import { imbalance } from "../../contract/account.ts";
import {
  type Cell,
  count,
  type Measured,
  measured,
  plural,
  type Row,
  shownCell,
  type Table,
} from "../../contract/table.ts";
import type { ReportedRun } from "./section.ts";

/** What came of a run, in three sentences: what it did, what was measured, and whether all is accounted for. */
export function verdict(run: ReportedRun): readonly [string, string, string] {
  return [state(run), finding(run.tables), accounted(run)];
}

function state({ name, recipe, opening, subject, finished }: ReportedRun): string {
  const what = `${name} (${recipe.pipeline}, ${opening}, on ${subject})`;
  return finished ? `${what} is complete.` : `${what} is not complete: what is here is what there was so far.`;
}

/** First row against last of the first measured column: what every pipeline's table is read for. */
function finding(tables: readonly Table[]): string {
  for (const table of tables) {
    const column = table.columns.find(({ kind }) => kind === "measured");
    const [label] = table.columns;
    if (column === undefined || label === undefined) continue;
    const rows = table.rows.filter((row) => isMeasured(row[column.name] ?? null));
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) continue;
    const [from, to] = [first, last].map((row) => row[column.name] as Measured) as [Measured, Measured];
    const said = (row: Row, value: Measured): string =>
      `${measured(value)} (${shownCell(row[label.name] ?? null, label.kind)})`;
    if (first === last) return `${column.title} is ${said(first, from)}, and there is nothing to compare it with.`;
    return `${column.title} went from ${said(first, from)} to ${said(last, to)}: ${judged(table, last, from, to)}.`;
  }
  return "Nothing was measured.";
}

/** By the paired change where the table has one, which is the sharper comparison; else by whether intervals meet. */
function judged(table: Table, last: Row, from: Measured, to: Measured): string {
  const change = table.columns.find(({ kind }) => kind === "change");
  const paired = change === undefined ? null : (last[change.name] ?? null);
  if (isMeasured(paired)) {
    if (Math.abs(paired.mean) <= paired.half) return "the 95 % interval of the paired change includes 0";
    return `${paired.mean > 0 ? "better" : "worse"} by a paired change whose 95 % interval excludes 0`;
  }
  const apart = Math.abs(to.mean - from.mean) > to.half + from.half;
  if (!apart) return "the 95 % intervals overlap, so this alone shows no difference";
  return `${to.mean > from.mean ? "better" : "worse"}, and the 95 % intervals do not overlap`;
}

function isMeasured(cell: Cell): cell is Measured {
  return typeof cell === "object" && cell !== null;
}

function accounted({ accounts, warnings }: ReportedRun): string {
  const held = accounts.filter(({ total }) => total > 0);
  const notes = warnings.length === 0 ? "" : ` ${count(warnings.length)} of its notes should be read (below).`;
  if (held.length === 0) return `Nothing was counted yet.${notes}`;
  const open = held.filter((account) => imbalance(account) !== 0);
  const lost = held.reduce((sum, { parts }) => sum + (parts["quarantined"] ?? 0), 0);
  const said = held.map(({ of, total }) => plural(total, of.split(" ")[0]!) + of.slice(of.split(" ")[0]!.length));
  const first = said.length > 3 ? `${said.slice(0, 3).join(", ")} and ${said.length - 3} more` : said.join(", ");
  if (open.length > 0) return `Its accounts do not add up (${open.map(({ of }) => of).join(", ")}).${notes}`;
  return `Everything is accounted for (${first}); ${count(lost)} quarantined.${notes}`;
}

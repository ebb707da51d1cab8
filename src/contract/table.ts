/**
 * A table that a pipeline fills and that everybody draws alike: the terminal, the Temporal UI (Markdown), a report.
 * The pipeline says which columns there are and what they hold; how that looks is decided here, once.
 */
export interface Table {
  /** What stands above it, where there are several. */
  readonly title?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Sentences below it: what its numbers are to be compared with. */
  readonly notes?: readonly string[];
}

export interface Column {
  /** The cell's name in a row. */
  readonly name: string;
  /** What people read above it. */
  readonly title: string;
  readonly kind: Kind;
}

/**
 * text, count (whole numbers), number (two decimals), share (.62), measured (a mean with the half-width of its 95 %
 * interval), change (the same with its sign), digest (its first letters).
 */
export type Kind = "text" | "count" | "number" | "share" | "measured" | "change" | "digest";

/** A number with the half-width of its 95 % interval. */
export interface Measured {
  readonly mean: number;
  readonly half: number;
}

/** null where nothing was measured. */
export type Cell = string | number | Measured | null;
export type Row = Readonly<Record<string, Cell>>;

/** What stands where nothing was measured. */
export const NOTHING = "–";

/** Lines for a terminal; columns as wide as their widest cell, the first flush left, the others right. */
export function tableLines(table: Table): string[] {
  const columns = shownColumns(table);
  const cells = [columns.map((column) => column.title), ...table.rows.map((row) => cellsOf(row, columns))];
  const aligned = alignedLines(cells);
  return [...(table.title === undefined ? [] : [table.title]), ...aligned, ...(table.notes ?? [])];
}

/** Lines whose cells stand below each other. */
export function alignedLines(rows: readonly (readonly string[])[], gap = "   "): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join(gap)
      .trimEnd(),
  );
}

/** The table as Markdown. Notes come first: the Temporal UI loses text that follows a table. */
export function tableMarkdown(table: Table): string {
  const columns = shownColumns(table);
  const lines = [
    markdownLine(columns.map((column) => column.title)),
    `|${columns.map(() => "---").join("|")}|`,
    ...table.rows.map((row) => markdownLine(cellsOf(row, columns))),
  ];
  const above = [...(table.title === undefined ? [] : [`**${table.title}**`]), ...(table.notes ?? [])];
  return [...above.flatMap((each) => [each, ""]), ...lines].join("\n");
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** One row as a sentence, for output that only grows: "2   pairs 45, loss .39, accuracy .63 ± .07". */
export function rowLine({ columns }: Pick<Table, "columns">, row: Row): string {
  const [first, ...rest] = columns;
  if (first === undefined) return "";
  const said = rest.filter(({ name }) => !isEmpty(row[name]));
  const parts = said.map((column) => `${column.title} ${shownCell(row[column.name] ?? null, column.kind)}`);
  return [`${first.title} ${shownCell(row[first.name] ?? null, first.kind)}`, parts.join(", ")].join("   ").trimEnd();
}

/** A column in which no row has anything would only take room. */
export function shownColumns({ columns, rows }: Table): readonly Column[] {
  return columns.filter(({ name }, place) => place === 0 || rows.some((row) => !isEmpty(row[name])));
}

function isEmpty(cell: Cell | undefined): boolean {
  return cell === undefined || cell === null || cell === "";
}

function cellsOf(row: Row, columns: readonly Column[]): string[] {
  return columns.map(({ name, kind }) => shownCell(row[name] ?? null, kind));
}

/** A cell as people read it. */
export function shownCell(cell: Cell, kind: Kind): string {
  if (cell === null) return NOTHING;
  if (typeof cell === "object") return kind === "change" ? changed(cell) : measured(cell);
  if (typeof cell === "string") return kind === "digest" ? shortDigest(cell) : cell;
  if (kind === "share") return share(cell);
  return kind === "count" ? count(cell) : cell.toFixed(2);
}

/** 2351 → "2,351". Written out: workflows have no locale data that could be relied on to stay the same. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 pair", "2 pairs". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A fraction as the field prints it: .62, 1.00, −.05. */
export function share(value: number | null): string {
  if (value === null) return NOTHING;
  const text = Math.abs(value).toFixed(2).replace(/^0/, "");
  return value < 0 && text !== ".00" ? `−${text}` : text;
}

/** ".62 ± .03", the half-width of the 95 % interval. */
export function measured(value: Measured | null): string {
  return value === null ? NOTHING : `${share(value.mean)} ± ${share(value.half)}`;
}

function changed(value: Measured): string {
  const sign = value.mean >= 0 ? "+" : "";
  return `${sign}${measured(value)}`;
}

/** The first letters of a digest. */
export function shortDigest(digest: string): string {
  return digest === "" ? NOTHING : `${digest.slice(0, 4)}…`;
}

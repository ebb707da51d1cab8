import { fileRows } from "../adapters/rows.ts";
import type { ImageOwners } from "../import-images.ts";
import { type RowProblem } from "../problems.ts";
import type { ExampleKind, Examples, Fields } from "./example.ts";
import { adapterOf } from "./index.ts";

/** Examples of each kind that are shown. */
const SAMPLES = 2;

/** What there is of one kind, and what is wrong with the other rows. */
interface Found {
  readonly kind: ExampleKind;
  examples: number;
  readonly samples: Examples[ExampleKind][];
  readonly problems: RowProblem[];
  readonly rowOf: Map<string, number>;
}

export interface InspectedSet {
  readonly rows: number;
  /** How many examples of each kind there are; kinds that no row can be are left out. */
  readonly examples: Readonly<Partial<Record<ExampleKind, number>>>;
  /** Counts by what rows say of where they come from, most first; of tasks their kinds. */
  readonly shares: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly samples: Readonly<Partial<Record<ExampleKind, readonly Examples[ExampleKind][]>>>;
  /** Of all kinds that some row can be; each row once. */
  readonly problems: readonly RowProblem[];
  readonly owners: ImageOwners;
}

/**
 * Looks at every row of a file, without a look at any image.
 * @param path absolute
 * @param name the file as the user named it
 * @throws {StepFailure} BadInput where reading cannot go on
 */
export async function inspectSet(path: string, name: string, format: string): Promise<InspectedSet> {
  const set = adapterOf(format);
  const kinds = Object.keys(set.as) as ExampleKind[];
  const found = kinds.map((kind): Found => ({ kind, examples: 0, samples: [], problems: [], rowOf: new Map() }));
  const shares = new Map<string, Map<string, number>>();
  const owners: { id: string; images: readonly string[] }[] = [];
  const ownerRows: number[] = [];
  const unread: RowProblem[] = [];
  let rows = 0;
  for await (const each of fileRows(path, name, set.fields, { format, images: set.imageFields })) {
    rows++;
    if ("problem" in each) {
      unread.push(each);
      continue;
    }
    if (typeof each.value !== "object" || each.value === null || Array.isArray(each.value)) {
      unread.push({ row: each.row, problem: "it is not an object" });
      continue;
    }
    const row = each.value as Fields;
    for (const label of set.labels) count(shares, label, row[label]);
    let owned = false;
    for (const one of found) {
      const read = set.as[one.kind]!(row, each.row);
      if ("problem" in read) {
        one.problems.push({ row: each.row, ...read });
        continue;
      }
      for (const example of read.examples) {
        const before = one.rowOf.get(example.id);
        if (before !== undefined) {
          one.problems.push({
            row: each.row,
            id: example.id,
            problem: `row ${before} has the same id; ids must differ`,
          });
          continue;
        }
        one.rowOf.set(example.id, each.row);
        one.examples++;
        if (one.samples.length < SAMPLES) one.samples.push(example);
        if (one.kind === "task" && "kind" in example) count(shares, "task", example.kind);
        if (owned) continue;
        owners.push({ id: example.id, images: "images" in example ? example.images : example.image });
        ownerRows.push(each.row);
        owned = true;
      }
    }
  }
  const usable = found.some(({ examples }) => examples > 0) ? found.filter(({ examples }) => examples > 0) : found;
  const problems = new Map(unread.map((each) => [each.row, each]));
  for (const each of usable.flatMap((one) => one.problems)) if (!problems.has(each.row)) problems.set(each.row, each);
  return {
    rows,
    examples: Object.fromEntries(usable.map(({ kind, examples }) => [kind, examples])),
    shares: Object.fromEntries([...shares].map(([label, values]) => [label, mostFirst(values)])),
    samples: Object.fromEntries(usable.map(({ kind, samples }) => [kind, samples])),
    problems: [...problems.values()].toSorted((a, b) => a.row - b.row),
    owners: { name, questions: owners, rows: ownerRows },
  };
}

function count(shares: Map<string, Map<string, number>>, label: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const text = typeof value === "string" || typeof value === "bigint" ? String(value) : JSON.stringify(value);
  const values = shares.get(label) ?? new Map<string, number>();
  shares.set(label, values.set(text, (values.get(text) ?? 0) + 1));
}

/** As pairs, because an object would put names that are numbers first. */
function mostFirst(values: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...values].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

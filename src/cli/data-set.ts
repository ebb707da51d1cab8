import { rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { IMAGES_FOLDER } from "../dataset/adapters/packed-rows.ts";
import { checkImages } from "../dataset/check-images.ts";
import { type Report, rowSentence } from "../dataset/problems.ts";
import type { ExampleKind } from "../dataset/sets/example.ts";
import { adapterOf } from "../dataset/sets/index.ts";
import { type InspectedSet, inspectSet } from "../dataset/sets/inspect.ts";
import { FAILED_FILE, layOut, ROWS_FILE } from "../dataset/sets/lay-out.ts";
import { PURPOSE } from "../dataset/sets/read.ts";
import { imageFolder } from "../dataset/source.ts";
import { claim } from "../dataset/unpack.ts";
import { StepFailure } from "../failure.ts";
import { count, plural } from "../numbers.ts";
import { source } from "../recipe/parts/data.ts";
import { stateFolderOf } from "../temporal/embedded.ts";

/** Broken rows that are told one by one, values of a label, and characters of a sample's text. */
const TOLD = 100;
const VALUES = 8;
const LETTERS = 160;

/** Rows unpacked at once: the disk overlaps their waits. */
const AT_ONCE = 8;

export interface CheckSetOptions {
  readonly root: string;
  readonly format: string;
  /** Where the rows' image names start; undefined: no image is looked at. */
  readonly images?: string;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly onProgress: (done: number, total: number) => void;
}

/** Looks at a file of a data set's own rows, and reports all that is wrong with it; returns what is usable. */
export async function checkSet(file: string, options: CheckSetOptions) {
  const { root, format, images, report, signal, onProgress } = options;
  const found = await inspectSet(resolve(file), file, format);
  for (const each of found.problems.slice(0, TOLD)) {
    const { problem: _, ...where } = each;
    report({ file, ...where, sentence: rowSentence(file, each) });
  }
  if (found.rows === 0) report({ file, sentence: `${file} has no rows.` });
  let seen: number | null = null;
  if (images !== undefined) {
    const { max_image_pixels } = source.parse({ path: "-", image_root: "-" });
    const folder = imageFolder(
      root,
      { image_root: relative(root, resolve(images)), max_image_pixels },
      stateFolderOf(root),
    );
    seen = (await checkImages(folder, [found.owners], { signal, report, onProgress })).size;
  }
  const { rows, examples, shares, samples, problems } = found;
  const beyond = Math.max(0, problems.length - TOLD);
  return {
    json: { format, rows, broken: problems.length, examples, shares, images: seen, samples },
    lines: [
      ...(beyond > 0 ? [`${plural(beyond, "row")} more ${beyond === 1 ? "is" : "are"} broken.`] : []),
      ...linesOf(found, seen),
    ],
    /** Broken rows that were not told one by one. */
    beyond,
  };
}

function linesOf({ rows, examples, shares, samples }: InspectedSet, images: number | null): string[] {
  const usable = Object.entries(examples).map(([kind, each]) => `${count(each)} ${PURPOSE[kind as ExampleKind]}`);
  const lines = [
    ["usable", [plural(rows, "row"), ...usable, ...(images === null ? [] : [plural(images, "image")])].join(" · ")],
    ...Object.entries(shares).map(([label, values]) => [label, sharesLine(values)]),
    ...Object.entries(samples).flatMap(([kind, each]) => each.map((sample) => [kind, cut(JSON.stringify(sample))])),
  ];
  const width = Math.max(...lines.map(([label]) => label!.length));
  return lines.map(([label, text]) => `${label!.padEnd(width)}  ${text}`);
}

function sharesLine(values: Readonly<Record<string, number>>): string {
  const entries = Object.entries(values).toSorted(([, m], [, n]) => n - m);
  const all = entries.reduce((sum, [, each]) => sum + each, 0);
  const shown = entries
    .slice(0, VALUES)
    .map(([name, each]) => `${cut(name, 40)} ${count(each)} (${Math.round((100 * each) / all)} %)`);
  const more = entries.length - VALUES;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(" · ");
}

function cut(text: string, letters = LETTERS): string {
  return text.length > letters ? `${text.slice(0, letters)}…` : text;
}

export interface UnpackSetOptions {
  readonly format: string;
  readonly skipBroken: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly onProgress: (done: number) => void;
}

/**
 * Writes the images that lie in a data set's rows as files into a new folder, with rows.jsonl beside them.
 * @throws {StepFailure} BadInput for a broken row, which leaves nothing behind, unless those may be left out
 */
export async function unpackSet(files: readonly string[], folder: string, options: UnpackSetOptions) {
  const { format, skipBroken, signal, report, onProgress } = options;
  const set = adapterOf(format);
  await claim(folder);
  const laid = await layOut(files, folder, set, { atOnce: AT_ONCE, signal, onProgress });
  for (const each of laid.failed) report({ file: each.file, row: each.row, sentence: rowSentence(each.file, each) });
  if (laid.failed.length > 0 && !skipBroken) {
    for (const name of [ROWS_FILE, FAILED_FILE, IMAGES_FOLDER])
      await rm(join(folder, name), { recursive: true, force: true });
    const rows = plural(laid.failed.length, "row");
    throw new StepFailure(
      "BadInput",
      `${rows} cannot be unpacked, so nothing was written; --skip-broken leaves such rows out.`,
    );
  }
  return laid;
}

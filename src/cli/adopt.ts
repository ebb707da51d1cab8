import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { plural, size } from "../numbers.ts";
import { isPipeline, PIPELINE_NAMES } from "../pipeline/index.ts";
import type { Adopted, AdoptInput } from "../pipeline/pipeline.ts";
import { roomOf } from "../pipeline/rooms.ts";
import { html } from "../report/html/html.ts";
import { page } from "../report/html/page.ts";
import { tableHtml } from "../report/html/table.ts";
import { FAILED } from "./exit.ts";
import { fromRoot, jsonOption, rootOption } from "./options.ts";
import { assets, version } from "./page-assets.ts";
import { recipeText } from "./recipe-text.ts";

interface AdoptOptions {
  readonly root: string;
  readonly images?: string;
  readonly system?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function adoptCommand(): Command {
  return new Command("adopt")
    .description("look through a run folder that other programs wrote: what can be trusted, and how to go on from it")
    .argument("<folder>", "the run folder; nothing in it is changed")
    .option("--images <folder>", "where the names of the given images start, if not where its config says")
    .option("--system <file>", "the system prompt that the policy was sampled with, for pairs that lack it")
    .option("--out <folder>", "where report, pairs and recipe are written (default: adopted/<name of the folder>)")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  snowball adopt results/iterative_dpo/mmsibench_20260110_093000")
    .action(adopt);
}

async function adopt(given: string, options: AdoptOptions): Promise<void> {
  const { root, json } = options;
  const folder = resolve(fromFolder(root, given));
  const name = nameOf(folder);
  const out = resolve(options.out ?? join(root, "adopted", name));
  const found = await lookThrough({
    folder,
    name,
    images: options.images === undefined ? undefined : resolve(fromFolder(root, options.images)),
    system: options.system === undefined ? "" : readText(options.system),
    fromRoot: (path) => resolve(root, path),
    toRoot: (path) => fromRoot(root, path),
  });
  const files = write(out, root, { folder, name, found });
  if (json) console.log(JSON.stringify({ ...files, title: found.title, trusted: found.trusted, tables: found.tables }));
  else for (const line of [found.title, ...found.lines, "", ...nextLines(files, found)]) console.log(line);
  if (found.goOn === null) process.exitCode = FAILED;
}

/** The first pipeline that knows the folder's layout. */
async function lookThrough(input: AdoptInput): Promise<Adopted> {
  for (const pipeline of PIPELINE_NAMES) {
    const found = await (await roomOf({ pipeline })).adopt?.(input);
    if (found) return found;
  }
  throw new StepFailure(
    "BadInput",
    `${input.folder} is no run folder that can be adopted: config.json and iter_0 are needed.`,
  );
}

interface Written {
  readonly report: string;
  readonly pairs: string | null;
  readonly recipe: string | null;
}

function write(
  out: string,
  root: string,
  { folder, name, found }: { readonly folder: string; readonly name: string; readonly found: Adopted },
): Written {
  mkdirSync(out, { recursive: true });
  const report = join(out, "report.html");
  writeFileSync(report, pageOf(basename(folder), found));
  const { goOn } = found;
  if (goOn === null || !isPipeline(goOn.pipeline)) return { report, pairs: null, recipe: null };
  const [pairs, recipe] = [join(out, "pairs.json"), join(out, `${name}.yaml`)];
  writeFileSync(pairs, `${JSON.stringify(goOn.pairs, null, 1)}\n`);
  writeFileSync(recipe, recipeText(recipe, goOn.pipeline, goOn.recipe(fromRoot(root, pairs)), []));
  return { report, pairs, recipe };
}

function pageOf(title: string, { lines, tables, sections, title: what }: Adopted): string {
  const lead = html`<p class="verdict">${what}, made by other programs.</p>`;
  const body = html`${tables.map(tableHtml)}
    <pre>${lines.join("\n")}</pre>
    <p class="note">Written by Snowball ${version()}.</p>`;
  return page(title, lead, [{ id: "found", title: "What was found", body }, ...sections], assets());
}

function nextLines({ report, pairs, recipe }: Written, { goOn }: Adopted): string[] {
  const lines = [`Report   ${shown(report)}   ${size(readFileSync(report).length)}`];
  if (goOn === null || pairs === null || recipe === null) return lines;
  return [
    ...lines,
    `Pairs    ${shown(pairs)}   ${plural(goOn.pairs.length, "pair")}`,
    `Go on    bin/snowball run ${shown(recipe)}   (look through it first: models and prompts are named as its config named them)`,
  ];
}

function shown(path: string): string {
  return relative(process.cwd(), path);
}

function fromFolder(root: string, path: string): string {
  return isAbsolute(path) || existsSync(path) ? path : join(root, path);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new StepFailure("BadInput", `The prompt ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function nameOf(folder: string): string {
  const name = basename(folder)
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return name === "" ? "adopted" : name.slice(0, 64);
}

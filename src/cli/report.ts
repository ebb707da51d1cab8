import { writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { Command } from "commander";
import { stringify } from "yaml";
import { StepFailure } from "../failure.ts";
import { size } from "../numbers.ts";
import { pipelineOf } from "../pipeline/index.ts";
import { roomOf } from "../pipeline/rooms.ts";
import { comparePage } from "../report/html/compare.ts";
import { runPage } from "../report/html/page.ts";
import type { ReportedRun } from "../report/html/section.ts";
import { storeLayout } from "../run/prune.ts";
import { readRecord, type RunRecord } from "../run/record.ts";
import { readTimes } from "../run/times.ts";
import { readTrace, type RunTrace } from "../run/trace.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { rootOption } from "./options.ts";
import { assets, version } from "./page-assets.ts";
import { runFolderOf } from "./run-folder.ts";

interface ReportOptions {
  readonly root: string;
  readonly out?: string;
}

export function reportCommand(): Command {
  return new Command("report")
    .description("what a run did, as one HTML file; of several, side by side. Needs no server")
    .argument("<run...>", "names of runs, or their folders")
    .option(
      "--out <file>",
      "where to write it (default: report.html in the run's folder; of several runs compare.html here)",
    )
    .addOption(rootOption())
    .addHelpText("after", "\nExamples:\n  snowball report demo\n  snowball report demo demo-shuffled --out both.html")
    .action(writeReport);
}

async function writeReport(names: readonly string[], { root, out }: ReportOptions): Promise<void> {
  const [first] = names;
  const runs: ReportedRun[] = [];
  for (const name of names) runs.push(await readReported(root, name));
  const one = runs.length === 1;
  const text = one ? runPage(runs[0]!, assets()) : comparePage(runs, assets());
  const file = resolve(out ?? (one ? join(runFolderOf(root, first!), "report.html") : "compare.html"));
  await writeFile(file, text);
  console.log(`Report   ${relative(process.cwd(), file)}   ${size(Buffer.byteLength(text))}`);
}

async function readReported(root: string, name: string): Promise<ReportedRun> {
  const folder = runFolderOf(root, name);
  const trace = await readTrace(folder, null);
  if (trace === null) throw new StepFailure("BadInput", `${folder} is no run folder: it has no config.json.`);
  const layout = storeLayout(stateFolderOf(root));
  const record = await readRecord(layout, trace);
  const { result } = record;
  const shown = await (await roomOf(trace.recipe)).report?.({ root, layout, trace, result });
  const { recipe } = trace;
  const { opening, subject } = pipelineOf(recipe);
  return {
    name: recipe.name,
    recipe,
    opening: opening(recipe),
    subject: subject(recipe),
    finished: trace.finished,
    tables: result?.tables ?? shown?.tables ?? [],
    accounts: result?.accounts ?? shown?.accounts ?? [],
    warnings: result?.warnings ?? [],
    curves: record.curves,
    times: await readTimes(stateFolderOf(root), recipe.name),
    digests: digestsOf(record),
    files: filesOf(root, trace, record),
    recipeText: stringify(recipe),
    texts: record.opened?.texts ?? {},
    version: version(),
    sections: shown?.sections ?? [],
    measured: shown?.measured ?? [],
  };
}

function digestsOf({ opened, result }: RunRecord): Record<string, string> {
  return {
    ...opened?.models,
    ...(result?.digest !== null && result?.digest !== undefined && { "the policy that stays": result.digest }),
  };
}

function filesOf(root: string, { folder }: RunTrace, { result }: RunRecord): Record<string, string> {
  return { "Run folder": relative(root, folder), ...result?.files };
}

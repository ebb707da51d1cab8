import { isAbsolute, join, relative, resolve } from "node:path";
import { Command } from "commander";
import type { CheckedData } from "../pipeline/pipeline.ts";
import { roomOf } from "../pipeline/rooms.ts";
import type { DataProblem } from "../dataset/problems.ts";
import { DATA_SETS } from "../dataset/sets/index.ts";
import { ROWS_FILE } from "../dataset/sets/lay-out.ts";
import { unpackFiles } from "../dataset/unpack.ts";
import { StepFailure } from "../failure.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { bar } from "../report/live.ts";
import { count, plural } from "../numbers.ts";
import { getCommand } from "./data-get.ts";
import { checkSet, unpackSet } from "./data-set.ts";
import { BAD_INPUT, interrupted } from "./exit.ts";
import { jsonOption, readRecipeFile, rootOption } from "./options.ts";
import { type Screen, terminalScreen } from "./screen.ts";

const SETS = Object.keys(DATA_SETS).join(", ");

/** Characters of the bar. */
const WIDTH = 24;

interface CheckOptions {
  readonly root: string;
  readonly json?: boolean;
  readonly format?: string;
  readonly images?: string;
}

interface UnpackOptions {
  readonly to: string;
  readonly root: string;
  readonly skipBroken?: boolean;
  readonly format?: string;
}

export function dataCommand(): Command {
  const data = new Command("data").description("look at the data of a recipe, and bring data into shape");
  data
    .command("check")
    .description("list everything that is wrong with a recipe's data, or a data set's; needs no server and no model")
    .argument("<file>", "recipe file, YAML or JSON; with --format, a file of rows")
    .option("--format <name>", `the file has the rows of a data set: ${SETS}`)
    .option("--images <folder>", "with --format: where the rows' image names start; without it no image is looked at")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExits with 2 when anything is wrong.\n\nExamples:\n  snowball data check my.yaml\n" +
        "  snowball data check --format rlhf-v data/rlhf-v/rows.jsonl --images data/rlhf-v",
    )
    .action(check);
  data
    .command("unpack")
    .description(
      "write images that lie in the rows of parquet or JSON files as files, with questions.jsonl beside them",
    )
    .argument("<files...>", "parquet or JSON files, the parts of one data set")
    .option("--format <name>", `the rows of a data set, which stay in its shape, in rows.jsonl: ${SETS}`)
    .requiredOption("--to <folder>", "new folder to write to")
    .addOption(rootOption())
    .option("--skip-broken", "leave out rows that cannot be unpacked; otherwise one is enough to write nothing")
    .addHelpText("after", "\nExample:\n  snowball data unpack MMSI_Bench.parquet --to data/mmsi")
    .action(unpack);
  data.addCommand(getCommand());
  return data;
}

async function check(file: string, { root, json, format, images }: CheckOptions): Promise<void> {
  if (format === undefined && images !== undefined) {
    throw new StepFailure("BadInput", "--images is for --format; a recipe says itself where its images are.");
  }
  const recipe = format === undefined ? readRecipeFile(file) : undefined;
  const screen = json || !process.stdout.isTTY ? null : terminalScreen(process.stdout);
  let problems = 0;
  const how = {
    signal: new AbortController().signal,
    report: (problem: DataProblem) => {
      problems++;
      say(screen, json ? JSON.stringify(problem) : problem.sentence);
    },
    onProgress: (done: number, total: number) =>
      screen?.show([`check images  ${bar(done, total, WIDTH)}  ${count(done)}/${count(total)}`]),
  };
  let usable: CheckedData;
  if (recipe === undefined) {
    const set = await checkSet(file, { root, format: format!, ...(images !== undefined && { images }), ...how });
    problems += set.beyond;
    usable = set;
  } else usable = await (await roomOf(recipe)).checkData(root, recipe, { ...how, state: stateFolderOf(root) });
  screen?.clear();
  if (json) console.log(JSON.stringify({ problems, ...usable.json }));
  else for (const line of [...(problems > 0 ? [""] : []), ...usable.lines, verdict(problems)]) console.log(line);
  if (problems > 0) process.exitCode = BAD_INPUT;
}

function say(screen: Screen | null, line: string): void {
  if (screen) screen.print(line);
  else console.log(line);
}

function verdict(problems: number): string {
  if (problems === 0) return "Nothing is wrong.";
  return `${plural(problems, "problem")}; a run is refused as long as there are any.`;
}

async function unpack(
  files: readonly string[],
  { to, root, skipBroken = false, format }: UnpackOptions,
): Promise<void> {
  const screen = process.stdout.isTTY ? terminalScreen(process.stdout) : null;
  if (format !== undefined) {
    const laid = await unpackSet(files, resolve(to), {
      format,
      skipBroken,
      signal: interrupted(),
      report: ({ sentence }) => say(screen, sentence),
      onProgress: (done) => screen?.show([`unpack  ${count(done)}`]),
    });
    screen?.clear();
    console.log(`${plural(laid.rows, "row")} with ${plural(laid.images, "image")} in ${join(to, ROWS_FILE)}.`);
    return;
  }
  const counts = await unpackFiles(files, resolve(to), {
    skipBroken,
    report: ({ sentence }: DataProblem) => say(screen, sentence),
    // How many rows a JSON file has is known at its end.
    onProgress: (done, total) =>
      screen?.show([
        total > 0 ? `unpack  ${bar(done, total, WIDTH)}  ${count(done)}/${count(total)}` : `unpack  ${count(done)}`,
      ]),
  });
  screen?.clear();
  if (counts.broken > 0 && !skipBroken) {
    throw new StepFailure(
      "BadInput",
      `${plural(counts.broken, "row")} cannot be unpacked, so nothing was written; --skip-broken leaves such rows out.`,
    );
  }
  console.log(`${plural(counts.questions, "question")} with ${plural(counts.images, "image")} in ${to}.`);
  for (const line of recipeLines(relative(root, resolve(to)), root)) console.log(line);
}

function recipeLines(folder: string, root: string): string[] {
  if (folder.startsWith("..") || isAbsolute(folder)) {
    return [`It is outside ${root}; recipes reach it by a worker with another --root.`];
  }
  return ["In a recipe:", "  data:", `    path: ${join(folder, "questions.jsonl")}`, `    image_root: ${folder}`];
}

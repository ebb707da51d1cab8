import { isAbsolute, join, relative, resolve } from "node:path";
import { Command } from "commander";
import { roomOf } from "../pipeline/rooms.ts";
import type { DataProblem } from "../dataset/problems.ts";
import { unpackFiles } from "../dataset/unpack.ts";
import { StepFailure } from "../failure.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { bar } from "../report/live.ts";
import { count, plural } from "../numbers.ts";
import { BAD_INPUT } from "./exit.ts";
import { jsonOption, readRecipeFile, rootOption } from "./options.ts";
import { type Screen, terminalScreen } from "./screen.ts";

/** Characters of the bar. */
const WIDTH = 24;

interface CheckOptions {
  readonly root: string;
  readonly json?: boolean;
}

interface UnpackOptions {
  readonly to: string;
  readonly root: string;
  readonly skipBroken?: boolean;
}

export function dataCommand(): Command {
  const data = new Command("data").description("look at the data of a recipe, and bring data into shape");
  data
    .command("check")
    .description("list everything that is wrong with a recipe's data; needs no server and no model")
    .argument("<recipe>", "recipe file, YAML or JSON")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExits with 2 when anything is wrong.\n\nExample:\n  snowball data check my.yaml")
    .action(check);
  data
    .command("unpack")
    .description(
      "write images that lie in the rows of parquet or JSON files as files, with questions.jsonl beside them",
    )
    .argument("<files...>", "parquet or JSON files, the parts of one data set")
    .requiredOption("--to <folder>", "new folder to write to")
    .addOption(rootOption())
    .option("--skip-broken", "leave out rows that cannot be unpacked; otherwise one is enough to write nothing")
    .addHelpText("after", "\nExample:\n  snowball data unpack MMSI_Bench.parquet --to data/mmsi")
    .action(unpack);
  return data;
}

async function check(file: string, { root, json }: CheckOptions): Promise<void> {
  const recipe = readRecipeFile(file);
  const screen = json || !process.stdout.isTTY ? null : terminalScreen(process.stdout);
  let problems = 0;
  const room = await roomOf(recipe);
  const usable = await room.checkData(root, recipe, {
    signal: new AbortController().signal,
    state: stateFolderOf(root),
    report: (problem) => {
      problems++;
      say(screen, json ? JSON.stringify(problem) : problem.sentence);
    },
    onProgress: (done, total) =>
      screen?.show([`check images  ${bar(done, total, WIDTH)}  ${count(done)}/${count(total)}`]),
  });
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

async function unpack(files: readonly string[], { to, root, skipBroken = false }: UnpackOptions): Promise<void> {
  const screen = process.stdout.isTTY ? terminalScreen(process.stdout) : null;
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

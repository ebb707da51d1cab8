import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { createImageFetcher } from "../dataset/fetch/fetch-image.ts";
import { FETCH_LIMITS } from "../dataset/fetch/limits.ts";
import { IMAGES_FOLDER } from "../dataset/adapters/packed-rows.ts";
import { ON_THE_HUB, type OnTheHub } from "../dataset/sets/hub.ts";
import { adapterOf, DATA_SETS } from "../dataset/sets/index.ts";
import { FAILED_FILE, type LaidOut, layOut, ROWS_FILE } from "../dataset/sets/lay-out.ts";
import { StepFailure } from "../failure.ts";
import { checkPython, projectRunners } from "../model/python.ts";
import { count, plural } from "../numbers.ts";
import { runJob } from "../process/job.ts";
import { interrupted } from "./exit.ts";
import { jsonOption, rootOption } from "./options.ts";
import { terminalScreen } from "./screen.ts";

interface GetOptions {
  readonly to: string;
  readonly from: readonly string[];
  readonly limit?: number;
  readonly split?: string;
  readonly revision?: string;
  readonly perHost: number;
  readonly root: string;
  readonly json?: boolean;
}

/** What runners.hub writes beside the files that it fetched. */
interface Source {
  readonly repo: string;
  readonly revision: string;
  readonly files: readonly { readonly name: string }[];
}

/** The longest that a download may stand still, in ms. */
const SILENCE_MS = 120_000;

const HUB_FOLDER = "hub";

export function getCommand(): Command {
  const known = [...new Set([...Object.keys(ON_THE_HUB), ...Object.keys(DATA_SETS)])].join(", ");
  return new Command("get")
    .description("fetch a data set from the hub, and the images that its rows name by address")
    .argument("<name>", `${known}; those that the hub does not have need --from`)
    .requiredOption("--to <folder>", "folder to write to; the same command again goes on there")
    .option("--from <file>", "rows that are on this host already, in place of the hub's; may be repeated", append, [])
    .option("--limit <n>", "the first so many rows", wholeNumber)
    .option("--split <name>", "which part of the data set; its first one otherwise")
    .option(
      "--revision <commit>",
      "the hub's commit, branch or tag (default: main, and then the one that is in the folder)",
    )
    .option("--per-host <n>", "images asked of one host at once", wholeNumber, FETCH_LIMITS.perHost)
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Writes ${ROWS_FILE}, ${IMAGES_FOLDER}/ and, for rows whose image could not be had, ${FAILED_FILE}; the same command
again tries those again. source.json in ${HUB_FOLDER}/ says which commit came, and the digests of its files.

Example:
  snowball data get pixmo-cap --to data/pixmo --limit 2000`,
    )
    .action(get);
}

async function get(name: string, options: GetOptions): Promise<void> {
  const { from, limit, root, json } = options;
  const folder = resolve(options.to);
  const hub = Object.hasOwn(ON_THE_HUB, name) ? ON_THE_HUB[name] : undefined;
  const format = hub?.format ?? name;
  const set = adapterOf(format);
  const signal = interrupted();
  const files = from.length > 0 ? from : await fromHub(name, hub, folder, options, signal);
  const screen = !json && process.stdout.isTTY ? terminalScreen(process.stdout) : null;
  const laid = await layOut(files, folder, set, {
    limit,
    fetcher: await createImageFetcher(join(folder, IMAGES_FOLDER), { ...FETCH_LIMITS, perHost: options.perHost }),
    atOnce: FETCH_LIMITS.atOnce,
    signal,
    onProgress: (done, failed) =>
      screen?.show([`get  ${count(done)} rows${failed > 0 ? `, ${count(failed)} left out` : ""}`]),
  });
  screen?.clear();
  if (json) {
    console.log(JSON.stringify({ rows: laid.rows, images: laid.images, failed: laid.failed.length, format }));
  } else for (const line of told(laid, options.to, relative(root, folder), format)) console.log(line);
  if (laid.rows === 0) {
    throw new StepFailure(
      "BadInput",
      `No row of ${name} could be laid out; ${join(options.to, FAILED_FILE)} says why.`,
    );
  }
}

function told({ rows, images, failed }: LaidOut, to: string, fromRoot: string, format: string): string[] {
  const [first] = failed;
  return [
    `${plural(rows, "row")} with ${plural(images, "image")} in ${join(to, ROWS_FILE)} (format: ${format}).`,
    ...(first === undefined
      ? []
      : [
          `${plural(failed.length, "row")} left out; ${join(to, FAILED_FILE)} names them. The first: ${first.file}, ` +
            `row ${first.row}: ${first.url === undefined ? "" : `${first.url} `}${first.problem}.`,
        ]),
    ...(fromRoot.startsWith("..") ? [] : [`In a recipe: path ${join(fromRoot, ROWS_FILE)}, image_root ${fromRoot}`]),
  ];
}

/** Fetches the data set's files, and says where they are. */
async function fromHub(
  name: string,
  hub: OnTheHub | undefined,
  folder: string,
  { split, revision, limit, json }: GetOptions,
  signal: AbortSignal,
): Promise<string[]> {
  if (hub === undefined) {
    const known = Object.keys(ON_THE_HUB).join(", ");
    throw new StepFailure(
      "BadInput",
      `The hub's name of "${name}" is not known, as those of ${known} are; give --from FILE.`,
    );
  }
  const [first = ""] = Object.keys(hub.splits);
  const patterns = hub.splits[split ?? first];
  if (patterns === undefined) {
    throw new StepFailure("BadInput", `${name} has no split "${split}"; it has ${Object.keys(hub.splits).join(", ")}.`);
  }
  const output = join(folder, HUB_FOLDER);
  const runners = projectRunners();
  checkPython(runners);
  const before = sourceIn(output);
  const request = {
    repo: hub.repo,
    revision: revision ?? (before?.repo === hub.repo ? before.revision : "main"),
    patterns,
    output,
    limit: limit ?? null,
  };
  await runJob(
    {
      name: "download",
      command: runners.python,
      args: ["-m", "runners.hub"],
      cwd: runners.cwd,
      env: runners.env,
      request,
      silenceMs: SILENCE_MS,
      onEvent: (event) => {
        if (event.event === "progress" && !json) console.log(`${hub.repo}: file ${event.step} of ${event.total}`);
      },
    },
    signal,
  );
  return sourceIn(output)!.files.map((file) => join(output, file.name));
}

function sourceIn(folder: string): Source | undefined {
  const file = join(folder, "source.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Source) : undefined;
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
  return number;
}

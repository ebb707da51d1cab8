import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { canonicalDigest } from "../artifact/canonical-json.ts";
import { type BenchmarkName, BENCHMARKS } from "../benchmark/index.ts";
import { ROW_FORMATS } from "../dataset/row.ts";
import { StepFailure } from "../failure.ts";
import { ITEM_SETS } from "../measuring/recipe.ts";
import { fromRoot, jsonOption, rootOption } from "./options.ts";
import { recipeText } from "./recipe-text.ts";
import { runRecipe, type RunOptions } from "./run.ts";

interface EvaluateOptions extends Omit<RunOptions, "fromIteration"> {
  readonly model: readonly string[];
  readonly run: readonly string[];
  readonly benchmark: readonly BenchmarkName[];
  readonly data: readonly string[];
  readonly images: readonly string[];
  readonly format?: string;
  readonly setting: Readonly<Record<string, string>>;
  readonly maxQuestions?: number;
  readonly backend: string;
  readonly dtype?: string;
  readonly name?: string;
  readonly force?: boolean;
}

const KNOWN = Object.keys(BENCHMARKS).join(", ");

/** Characters of a digest that tell an evaluation's default name from others in one folder. */
const SHOWN = 6;

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("measure policies on a benchmark: writes the recipe and runs it")
    .option("--model <folder>", "a checkpoint; with +<folder>, a LoRA adapter on it; may be repeated", append, [])
    .option("--run <name>", "what a complete run ended with; may be repeated", append, [])
    .addOption(
      new Option("--benchmark <names>", `how it is asked and judged, several with commas: ${KNOWN}`)
        .default(["mmsi"], "mmsi")
        .argParser(benchmarkNames),
    )
    .option(
      "--data <file>",
      "the questions with their true answers; of several benchmarks in turn, or name=file",
      append,
      [],
    )
    .option(
      "--images <folder>",
      "where the questions' image names start; one for all, in turn, or name=folder",
      append,
      [],
    )
    .option(
      "--setting <name=value>",
      "a setting of the benchmark, as docs/benchmarks.md lists them; of several, benchmark.name=value",
      setting,
      {},
    )
    .addOption(
      new Option("--format <name>", "whose rows they are, where they are a data set's").choices([
        ...ROW_FORMATS,
        ...ITEM_SETS,
      ]),
    )
    .option("--max-questions <n>", "ask at most so many, chosen by the seed", wholeNumber)
    .addOption(
      new Option("--backend <name>", "who serves; simulated rehearses without a model")
        .choices(["transformers", "vllm", "simulated"])
        .default("transformers"),
    )
    .option("--dtype <name>", "in which the policies are served (default: bfloat16)")
    .option("--name <name>", "the run's name, and its recipe's: <name>.yaml (default: from what is measured)")
    .option("--force", "write over another recipe of that name")
    .option("--anew", "run again what is complete already")
    .option("--ignore-disk", "start even where the disk is too small for the plan")
    .option("--detach", "start it and return at once (on a server that is up)")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
The first policy is what the others are compared with. The same command again goes on with the same run.

Example:
  snowball evaluate --model models/Qwen2.5-VL-7B-Instruct --run mine \\
    --benchmark mmsi --data data/mmsi/test.parquet --images data/mmsi
  snowball evaluate --model models/mine --benchmark vsr,cv-bench \\
    --data vsr=data/vsr/rows.jsonl --images vsr=data/vsr \\
    --data cv-bench=data/cv-bench/rows.jsonl --images cv-bench=data/cv-bench`,
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const short = recipeOf(options);
  const name = options.name ?? `${options.benchmark.join("-")}-${canonicalDigest(short).slice(0, SHOWN)}`;
  const file = `${name}.yaml`;
  const text = recipeText(file, "evaluate", { pipeline: "evaluate", name, ...short }, []);
  if (existsSync(file) && readFileSync(file, "utf8") !== text && !options.force) {
    throw new StepFailure("BadInput", `${file} is there already and says something else; --name gives another name.`);
  }
  writeFileSync(file, text);
  const say = options.json ? console.error : console.log;
  say(`Wrote ${file}; bin/snowball run ${file} goes on with it.`);
  await runRecipe(file, options);
}

/** What the recipe of an evaluation says, of what was typed. @throws {StepFailure} BadInput for what does not go together */
export function recipeOf(options: EvaluateOptions): object {
  const { root, model, run, benchmark, data, images, format } = options;
  const { setting: settings, maxQuestions, backend, dtype } = options;
  const policies = [
    ...model.map((typed) => modelPolicy(root, typed)),
    ...run.map((each) => ({ name: each, run: each })),
  ];
  if (policies.length === 0) throw new StepFailure("BadInput", "Nothing to measure: give --model or --run.");
  const most = maxQuestions === undefined ? {} : { max_questions: maxQuestions };
  const [files, folders, own] = [
    perBenchmark("--data", benchmark, data),
    perBenchmark("--images", benchmark, images.length === 1 ? benchmark.map(() => images[0]!) : images),
    settingsOf(benchmark, settings),
  ];
  return {
    policies: apart(policies),
    benchmarks: benchmark.map((each) => ({
      benchmark: each,
      data: {
        path: fromRoot(root, files.get(each)!),
        image_root: fromRoot(root, folders.get(each)!),
        ...(format !== undefined && { format }),
      },
      ...most,
      ...(own.has(each) && { settings: own.get(each)! }),
    })),
    answering: { backend, ...(dtype !== undefined && { dtype }) },
  };
}

/** What was given for each benchmark: by its name, or all of it in turn. */
function perBenchmark(
  flag: string,
  benchmarks: readonly BenchmarkName[],
  typed: readonly string[],
): ReadonlyMap<string, string> {
  const named = typed.map((each) => {
    const name = benchmarks.find((benchmark) => each.startsWith(`${benchmark}=`));
    return [name, name === undefined ? each : each.slice(name.length + 1)] as const;
  });
  const inTurn = named.every(([name]) => name === undefined);
  const found = new Map(named.map(([name, value], at) => [inTurn ? benchmarks[at] : name, value]));
  const missing = benchmarks.find((benchmark) => !found.has(benchmark));
  if (missing === undefined && typed.length === benchmarks.length) return found as Map<string, string>;
  const lacks = missing === undefined ? `is given ${typed.length} times for ${benchmarks.length}` : `lacks ${missing}`;
  throw new StepFailure(
    "BadInput",
    `${flag} ${lacks}; one for each benchmark is needed, in their order or as ${missing ?? benchmarks[0]!}=….`,
  );
}

type Settings = Readonly<Record<string, string>>;

/** Settings of each benchmark; of one alone they need no name in front. */
function settingsOf(benchmarks: readonly BenchmarkName[], typed: Settings): ReadonlyMap<string, Settings> {
  const found = new Map<string, Record<string, string>>();
  for (const [given, value] of Object.entries(typed)) {
    const named = benchmarks.find((benchmark) => given.startsWith(`${benchmark}.`));
    const benchmark = named ?? (benchmarks.length === 1 ? benchmarks[0] : undefined);
    if (benchmark === undefined) {
      const example = `--setting ${benchmarks[0]!}.${given}=${value}`;
      throw new StepFailure("BadInput", `--setting ${given} does not say of which benchmark; ${example} does.`);
    }
    const name = named === undefined ? given : given.slice(named.length + 1);
    found.set(benchmark, { ...found.get(benchmark), [name]: value });
  }
  return found;
}

interface Written {
  readonly name: string;
}

function modelPolicy(root: string, typed: string): Written {
  const [model = "", adapter] = typed.split("+");
  const name = basename(adapter ?? model)
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 36);
  const folders = { model: fromRoot(root, model), ...(adapter !== undefined && { adapter: fromRoot(root, adapter) }) };
  return { name: name === "" ? "policy" : name, ...folders };
}

/** Two folders may be called alike: the second gets a number behind its name. */
function apart<P extends Written>(policies: readonly P[]): P[] {
  return policies.map((each, place) => {
    const before = policies.slice(0, place).filter(({ name }) => name === each.name).length;
    return before === 0 ? each : { ...each, name: `${each.name}-${before + 1}` };
  });
}

function benchmarkNames(typed: string): BenchmarkName[] {
  const names = typed.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none; ${KNOWN} are known.`);
  if (new Set(names).size < names.length) throw new InvalidArgumentError("Each can be named once.");
  return names as BenchmarkName[];
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function setting(typed: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [name, value] = /^([^=]+)=(.*)$/.exec(typed)?.slice(1) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("name=value is needed.");
  return { ...before, [name]: value };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
  return number;
}

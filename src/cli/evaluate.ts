import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { canonicalDigest } from "../artifact/canonical-json.ts";
import { BENCHMARKS } from "../benchmark/index.ts";
import { ROW_FORMATS } from "../dataset/row.ts";
import { StepFailure } from "../failure.ts";
import { ITEM_SETS } from "../measuring/recipe.ts";
import { fromRoot, jsonOption, rootOption } from "./options.ts";
import { recipeText } from "./recipe-text.ts";
import { runRecipe, type RunOptions } from "./run.ts";

interface EvaluateOptions extends Omit<RunOptions, "fromIteration"> {
  readonly model: readonly string[];
  readonly run: readonly string[];
  readonly benchmark: string;
  readonly data: string;
  readonly images: string;
  readonly format?: string;
  readonly setting: Readonly<Record<string, string>>;
  readonly maxQuestions?: number;
  readonly backend: string;
  readonly dtype?: string;
  readonly name?: string;
  readonly force?: boolean;
}

/** Characters of a digest that tell an evaluation's default name from others in one folder. */
const SHOWN = 6;

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("measure policies on a benchmark: writes the recipe and runs it")
    .option("--model <folder>", "a checkpoint; with +<folder>, a LoRA adapter on it; may be repeated", append, [])
    .option("--run <name>", "what a complete run ended with; may be repeated", append, [])
    .addOption(
      new Option("--benchmark <name>", "how it is asked and judged").choices(Object.keys(BENCHMARKS)).default("mmsi"),
    )
    .requiredOption("--data <file>", "the questions with their true answers")
    .requiredOption("--images <folder>", "where the questions' image names start")
    .addOption(
      new Option("--format <name>", "whose rows they are, where they are a data set's").choices([
        ...ROW_FORMATS,
        ...ITEM_SETS,
      ]),
    )
    .option("--setting <name=value>", "a setting of the benchmark, as docs/benchmarks.md lists them", setting, {})
    .option("--max-questions <n>", "ask at most so many, chosen by the seed", wholeNumber)
    .addOption(
      new Option("--backend <name>", "who serves; simulated rehearses without a model")
        .choices(["transformers", "simulated"])
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
    --benchmark mmsi --data data/mmsi/test.parquet --images data/mmsi`,
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const short = recipeOf(options);
  const name = options.name ?? `${options.benchmark}-${canonicalDigest(short).slice(0, SHOWN)}`;
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

function recipeOf(options: EvaluateOptions): object {
  const { root, model, run, benchmark, data, images, format } = options;
  const { setting: settings, maxQuestions, backend, dtype } = options;
  const policies = [
    ...model.map((typed) => modelPolicy(root, typed)),
    ...run.map((each) => ({ name: each, run: each })),
  ];
  if (policies.length === 0) throw new StepFailure("BadInput", "Nothing to measure: give --model or --run.");
  const where = { path: fromRoot(root, data), image_root: fromRoot(root, images) };
  const source = { ...where, ...(format !== undefined && { format }) };
  const most = maxQuestions === undefined ? {} : { max_questions: maxQuestions };
  const own = Object.keys(settings).length === 0 ? {} : { settings };
  return {
    policies: apart(policies),
    benchmarks: [{ benchmark, data: source, ...most, ...own }],
    answering: { backend, ...(dtype !== undefined && { dtype }) },
  };
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

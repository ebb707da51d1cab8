import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import { inspectData } from "../dataset/inspect.ts";
import { readData } from "../dataset/read.ts";
import { StepFailure } from "../failure.ts";
import { parseRecipe, parseRecipeObject } from "../recipe/parse.ts";
import { type Pipeline, PIPELINES, type Recipe } from "../recipe/pipelines/index.ts";
import { type DataSketch, dataSketches, sketch, type SketchInput } from "../recipe/sketch.ts";
import { count } from "../report/numbers.ts";
import { PROJECT, rootOption } from "./options.ts";
import { recipeText } from "./recipe-text.ts";

/** Where README has people download the checkpoints to. */
const MODELS = {
  planner: "models/Qwen2.5-VL-7B-Instruct",
  critic: "models/Qwen3-VL-8B-Instruct",
  executor: "models/FLUX.2-klein-4B",
};

/** Pixels: a rehearsal looks at no view, and a thousand large ones would take it minutes. */
const REHEARSED_SIDE = 64;

interface InitOptions {
  readonly root: string;
  readonly data?: string;
  readonly images?: string;
  readonly pipeline: Pipeline;
  readonly model: string;
  readonly critic: string;
  readonly executor: string;
  readonly force?: boolean;
}

export function initCommand(): Command {
  return new Command("init")
    .description("write a commented recipe for your data")
    .argument("<file>", "recipe file to write, YAML")
    .option("--data <file>", "the questions; looked at, so that the recipe fits them")
    .option("--images <folder>", "where the questions' image names start (default: the folder of --data)")
    .addOption(
      new Option("--pipeline <name>", "which loop")
        .choices(Object.keys(PIPELINES))
        .default("snowball" satisfies Pipeline),
    )
    .option("--model <folder>", "the planner's checkpoint; simulated rehearses without one", MODELS.planner)
    .option("--critic <folder>", "the critic's checkpoint, another model; or simulated", MODELS.critic)
    .option("--executor <folder>", "a flux2-klein checkpoint, or the name of another executor", MODELS.executor)
    .option("--force", "write over a file that is there")
    .addOption(rootOption())
    .addHelpText(
      "after",
      `
Example:
  snowball init my.yaml --data data/mine/questions.jsonl --images data/mine`,
    )
    .action(init);
}

async function init(file: string, options: InitOptions): Promise<void> {
  if (existsSync(file) && !options.force) {
    throw new StepFailure("BadInput", `${file} is there already; --force writes over it.`);
  }
  const { root } = options;
  const input = {
    name: nameOf(file),
    pipeline: options.pipeline,
    data: options.data === undefined ? "data/questions.json" : fromRoot(root, options.data),
    images: imagesOf(options),
    model: fromRoot(root, options.model),
    critic: fromRoot(root, options.critic),
    executor: executorOf(options),
  };
  const [first] = dataSketches(Infinity, true);
  const size = options.data === undefined ? first! : await sizeFor(root, input);
  const text = recipeText(file, { ...input, size });
  const recipe = parseRecipe(text, file);
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, text);
  for (const line of [`Wrote ${file}${said(options.data, size)}.`, ...copyPrompts(root, recipe)]) console.log(line);
  console.log(`Next   bin/snowball data check ${file} · bin/snowball plan ${file} · bin/snowball run ${file}`);
}

/** Looks at the data: the most wanted split that it is large enough for. */
async function sizeFor(root: string, input: Omit<SketchInput, "size">): Promise<DataSketch> {
  const look = (size: DataSketch): Recipe => parseRecipeObject(sketch({ ...input, size }));
  const { questions } = await readData(root, look({ hasAnswers: false, iterations: 1, val: 0, test: 0 }));
  const hasAnswers = questions.every((each) => each.answer !== undefined);
  const sizes = dataSketches(questions.length, hasAnswers);
  for (const size of sizes.slice(0, -1)) {
    try {
      await inspectData(root, look(size));
      return size;
    } catch (error) {
      // Too few questions for this split: the next one asks for less, and the last one says what is wrong.
      if (!(error instanceof StepFailure)) throw error;
    }
  }
  const least = sizes.at(-1)!;
  await inspectData(root, look(least));
  return least;
}

function said(data: string | undefined, { hasAnswers, iterations, val, test }: DataSketch): string {
  if (data === undefined) return ", without a look at any data: --data fits it to yours";
  const held = hasAnswers
    ? `${count(test)} test and ${count(val)} val questions held out`
    : "no answers, so nothing is held out";
  return `: ${iterations} iteration${iterations === 1 ? "" : "s"}, ${held}`;
}

function nameOf(file: string): string {
  const name = basename(file, extname(file))
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return name === "" ? "run" : name.slice(0, 64);
}

function imagesOf({ root, data, images }: InitOptions): string {
  if (images !== undefined) return fromRoot(root, images);
  return data === undefined ? "data" : fromRoot(root, dirname(data));
}

/** A path as the user typed it, from the working folder or already from the root, as recipes write it. */
function fromRoot(root: string, path: string): string {
  const absolute = !existsSync(resolve(path)) && existsSync(join(root, path)) ? join(root, path) : resolve(path);
  const typed = relative(root, absolute).replaceAll("\\", "/");
  return existsSync(absolute) ? typed || "." : path;
}

function executorOf({ root, executor, pipeline }: InitOptions): SketchInput["executor"] {
  const known: readonly string[] = PIPELINES[pipeline].shape.executor.shape.backend.options;
  if (executor === "simulated") return { backend: executor, width: REHEARSED_SIDE, height: REHEARSED_SIDE };
  return known.includes(executor) ? { backend: executor } : { backend: "flux2-klein", model: fromRoot(root, executor) };
}

/** The prompts that the recipe names, where the root has none of its own yet. */
function copyPrompts(root: string, { prompt: { format: _, ...files } }: Recipe): string[] {
  const named = Object.values(files).filter((path) => path !== undefined);
  const missing = named.filter((path) => !existsSync(join(root, path)));
  for (const path of missing) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(join(PROJECT, path), join(root, path));
  }
  return missing.length === 0 ? [] : [`Copied ${missing.join(", ")} to ${root}.`];
}

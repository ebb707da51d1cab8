import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { StepFailure } from "../failure.ts";
import { parseRecipe } from "../pipeline/parse.ts";
import { PIPELINE_NAMES, type PipelineName } from "../pipeline/index.ts";
import { roomOf } from "../pipeline/rooms.ts";
import { fromRoot, PROJECT, rootOption } from "./options.ts";
import { recipeText } from "./recipe-text.ts";

/** Where README has people download the checkpoints to. */
const MODELS = {
  planner: "models/Qwen3-VL-4B-Instruct",
  critic: "models/Qwen3-VL-8B-Instruct",
  evaluator: "models/Qwen2.5-VL-7B-Instruct",
  executor: "models/FLUX.2-klein-4B",
};

interface InitOptions {
  readonly root: string;
  readonly data?: string;
  readonly images?: string;
  readonly pipeline: PipelineName;
  readonly model: string;
  readonly critic: string;
  readonly evaluator?: string;
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
      new Option("--pipeline <name>", "which loop").choices(PIPELINE_NAMES).default("snowball" satisfies PipelineName),
    )
    .option("--model <folder>", "the planner's checkpoint; simulated rehearses without one", MODELS.planner)
    .option("--critic <folder>", "the critic's checkpoint, another model; or simulated", MODELS.critic)
    .option(
      "--evaluator <folder>",
      `the examiner's checkpoint, of another family (default: ${MODELS.evaluator}; simulated where the planner is)`,
    )
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
  const { root, pipeline } = options;
  const { drafts } = await roomOf({ pipeline });
  if (!drafts)
    throw new StepFailure("BadInput", `There is no first recipe for ${pipeline}; start from one in configs/.`);
  const { short, said } = await drafts.draft(root, {
    name: nameOf(file),
    pipeline,
    data: options.data === undefined ? undefined : fromRoot(root, options.data),
    images: imagesOf(options),
    model: fromRoot(root, options.model),
    critic: fromRoot(root, options.critic),
    evaluator: fromRoot(root, options.evaluator ?? examinerOf(options.model)),
    executor: fromRoot(root, options.executor),
  });
  const text = recipeText(file, pipeline, short, drafts.worthALook);
  const recipe = parseRecipe(text, file);
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, text);
  for (const line of [`Wrote ${file}${said}.`, ...copyPrompts(root, recipe)]) console.log(line);
  console.log(`Next   bin/snowball data check ${file} · bin/snowball plan ${file} · bin/snowball run ${file}`);
}

/** A rehearsal without a planner needs no examiner either. */
function examinerOf(model: string): string {
  return model === "simulated" ? model : MODELS.evaluator;
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

/** The prompts that the recipe names, where the root has none of its own yet. */
function copyPrompts(root: string, recipe: object): string[] {
  const { prompt = {} } = recipe as { prompt?: Readonly<Record<string, string | undefined>> };
  const named = Object.values(prompt).filter(
    (path): path is string => path !== undefined && existsSync(join(PROJECT, path)),
  );
  const missing = named.filter((path) => !existsSync(join(root, path)));
  for (const path of missing) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(join(PROJECT, path), join(root, path));
  }
  return missing.length === 0 ? [] : [`Copied ${missing.join(", ")} to ${root}.`];
}

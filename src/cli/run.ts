import { Command, InvalidArgumentError, Option } from "commander";
import { interrupted } from "./exit.ts";
import { StepFailure } from "../failure.ts";
import { roomOf } from "../pipeline/rooms.ts";
import type { Kept } from "../pipeline/pipeline.ts";
import { parseRecipeObject } from "../pipeline/parse.ts";
import { type CommonRecipe, named } from "../recipe/common.ts";
import { changesBetween } from "./changes.ts";
import { jsonOption, readRecipeFile, rootOption } from "./options.ts";
import { preflight } from "./preflight.ts";
import { lastRecipe } from "./run-folder.ts";

/** How a run is started, and what is kept of one before. */
export interface RunOptions {
  readonly root: string;
  readonly anew?: boolean;
  readonly fromIteration?: number;
  readonly debug?: boolean;
  readonly ignoreDisk?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return new Command("run")
    .description("run a recipe, or go on with it, and show it until it is complete")
    .argument("<recipe>", "recipe file, YAML or JSON")
    .addOption(rootOption())
    .option("--anew", "run again what is complete already")
    .addOption(
      new Option("--from-iteration <n>", "after a change of scoring or training: keep iterations 0 to n-1 as they are")
        .argParser(parseIteration)
        .conflicts("anew"),
    )
    .addOption(
      new Option(
        "--debug",
        "a small part of everything, and at most 50 optimizer steps in each training, under <name>-debug",
      ).conflicts("fromIteration"),
    )
    .option("--ignore-disk", "start even where the disk is too small for the plan")
    .option("--detach", "start it and return at once (on a server that is up)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Uses the Temporal server that TEMPORAL_ADDRESS or a client profile names, or the one of \`snowball up\`. Where there is
none, starts one and a worker for as long as the command runs; started again, the run goes on where it was.

Examples:
  snowball run configs/snowball.demo.yaml
  snowball run my.yaml --from-iteration 2`,
    )
    .action(runRecipe);
}

/** Runs a recipe file, or goes on with it, until it is complete. */
export async function runRecipe(file: string, options: RunOptions): Promise<void> {
  const { root, fromIteration: from } = options;
  const written = readRecipeFile(file);
  const typed = options.debug ? await small(written) : written;
  // Programs read the result from stdout; what is said to people goes beside it.
  const say = options.json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const before = lastRecipe(root, typed.name);
  const { recipe, lines } = from === undefined ? { recipe: typed, lines: [] } : await keep(before, typed, from);
  for (const line of lines) say(line);
  const changes = before === null ? null : await changesBetween(before, recipe);
  const isNew = changes === null || changes.determines;
  // A run that goes on was looked at when it was started, and has taken its share of the disk since.
  if (isNew) await preflight(root, recipe, { ignoreDisk: options.ignoreDisk ?? from !== undefined });
  const how = {
    root,
    command: commandOf(file, options),
    signal: interrupted(),
    detach: options.detach ?? false,
    json: options.json ?? false,
    say,
  };
  // Loaded now that there is something to run: what is refused is refused in half the time.
  const { launch, onServer } = await import("./launch.ts");
  const insist = from !== undefined;
  const anew = options.anew ?? (insist && changes !== null && changes.fields !== "");
  await onServer(how, (server, host) => launch(server, host, { recipe, before, anew, insist }, how));
}

async function keep(before: CommonRecipe | null, after: CommonRecipe, from: number): Promise<Kept<CommonRecipe>> {
  const { keepBefore } = await roomOf(after);
  if (keepBefore) return keepBefore(before, after, from);
  throw new StepFailure("BadInput", `A run of ${after.pipeline} has no iterations that --from-iteration could keep.`);
}

/** What starts it again. */
function commandOf(file: string, { fromIteration: from, debug }: RunOptions): string {
  return `run ${file}${from === undefined ? "" : ` --from-iteration ${from}`}${debug ? " --debug" : ""}`;
}

/** The recipe as a trial of itself, under a name of its own. */
async function small(recipe: CommonRecipe): Promise<CommonRecipe> {
  const { shrink } = await roomOf(recipe);
  if (shrink) return parseRecipeObject(named(shrink(recipe), "debug"));
  throw new StepFailure("BadInput", `A run of ${recipe.pipeline} has nothing that --debug could make smaller.`);
}

function parseIteration(text: string): number {
  const iteration = Number(text);
  if (!Number.isInteger(iteration) || iteration < 1) {
    throw new InvalidArgumentError("A whole number from 1 is needed: iterations count from 0, and one is to be kept.");
  }
  return iteration;
}

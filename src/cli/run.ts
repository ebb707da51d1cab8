import { Command, InvalidArgumentError, Option } from "commander";
import { compareRecipes } from "../plan/comparison.ts";
import { interrupted } from "./interrupt.ts";
import { type Kept, keepBefore } from "./keep-before.ts";
import { jsonOption, rootOption } from "./options.ts";
import { preflight } from "./preflight.ts";
import { readRecipeFile } from "./recipe-file.ts";
import { lastRecipe } from "./run-folder.ts";

interface RunOptions {
  readonly root: string;
  readonly anew?: boolean;
  readonly fromIteration?: number;
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
    .action(run);
}

async function run(file: string, options: RunOptions): Promise<void> {
  const { root, fromIteration: from } = options;
  const typed = readRecipeFile(file);
  // Programs read the result from stdout; what is said to people goes beside it.
  const say = options.json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const before = lastRecipe(root, typed.name);
  const { recipe, lines }: Kept = from === undefined ? { recipe: typed, lines: [] } : keepBefore(before, typed, from);
  for (const line of lines) say(line);
  const changed = before === null ? [] : compareRecipes(before, recipe);
  const isNew = before === null || changed.some(({ effect }) => effect !== null);
  // A run that goes on was looked at when it was started, and has taken its share of the disk since.
  if (isNew) await preflight(root, recipe, { ignoreDisk: options.ignoreDisk ?? from !== undefined });
  const how = {
    root,
    command: from === undefined ? `run ${file}` : `run ${file} --from-iteration ${from}`,
    signal: interrupted(),
    detach: options.detach ?? false,
    json: options.json ?? false,
    say,
  };
  // Loaded now that there is something to run: what is refused is refused in half the time.
  const { launch, onServer } = await import("./launch.ts");
  const insist = from !== undefined;
  const anew = options.anew ?? (insist && changed.length > 0);
  await onServer(how, (server, host) => launch(server, host, { recipe, before, anew, insist }, how));
}

function parseIteration(text: string): number {
  const iteration = Number(text);
  if (!Number.isInteger(iteration) || iteration < 1) {
    throw new InvalidArgumentError("A whole number from 1 is needed: iterations count from 0, and one is to be kept.");
  }
  return iteration;
}

import { Command } from "commander";
import { census } from "../artifact/descent.ts";
import { setAsideToRetry } from "../artifact/set-aside.ts";
import { StepFailure } from "../failure.ts";
import { parseRecipeObject } from "../pipeline/parse.ts";
import { roomOf } from "../pipeline/rooms.ts";
import type { Retry } from "../pipeline/pipeline.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { storeLayout } from "../run/prune.ts";
import { readTrace } from "../run/trace.ts";
import type { Connected } from "../temporal/connection.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { runningRecipe } from "../temporal/running-recipe.ts";
import { statusOf } from "../temporal/start.ts";
import { interrupted } from "./exit.ts";
import { launch, type Launch, onServer } from "./launch.ts";
import { jsonOption, rootOption } from "./options.ts";
import { lastRecipe, runFolderOf } from "./run-folder.ts";

interface ResumeOptions {
  readonly root: string;
  readonly retryQuarantined?: boolean;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

export function resumeCommand(): Command {
  return new Command("resume")
    .description("start a run that failed or was cancelled again, under the recipe that it was started with")
    .argument("<run>", "name of the run")
    .option("--retry-quarantined", "make the samples that were quarantined again; for complete runs too")
    .option("--dry-run", "only say what --retry-quarantined would make again")
    .option("--detach", "start it and return at once (on a server that is up)")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  snowball resume demo
  snowball resume demo --retry-quarantined`,
    )
    .action(resume);
}

async function resume(name: string, options: ResumeOptions): Promise<void> {
  const { root, retryQuarantined: retry = false } = options;
  const say = options.json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  if (options.dryRun) {
    for (const line of (await quarantinedOf(root, name)).lines(name)) say(line);
    return;
  }
  const how = {
    root,
    command: `resume ${name}`,
    signal: interrupted(),
    detach: options.detach ?? false,
    json: options.json ?? false,
    say,
  };
  await onServer(how, async (server, host) => {
    const recipe = await storedRecipe(server, root, name);
    if (retry) await setAside(server, name, how);
    await launch(server, host, { recipe, before: recipe, anew: retry, insist: false }, how);
  });
}

/** The recipe of the newest execution, or, where Temporal knows none any more, of the run folder. */
async function storedRecipe({ client }: Connected, root: string, name: string): Promise<CommonRecipe> {
  const known = (await statusOf(client, name)) !== undefined;
  const recipe = known ? parseRecipeObject(await runningRecipe(client, name)) : lastRecipe(root, name);
  if (recipe === null) {
    throw new StepFailure("BadInput", `No run is called "${name}", neither by the server nor in ${root}.`);
  }
  return recipe;
}

async function setAside({ client }: Connected, name: string, { root, say }: Launch): Promise<void> {
  if ((await statusOf(client, name))?.status === "RUNNING") {
    throw new StepFailure(
      "BadInput",
      `${name} is open, and works on what would be made again; first: bin/snowball cancel ${name}`,
    );
  }
  const retry = await quarantinedOf(root, name);
  for (const line of retry.lines(name)) say(line);
  for (const key of retry.aside) await setAsideToRetry(storeLayout(stateFolderOf(root)), key);
}

async function quarantinedOf(root: string, name: string): Promise<Retry> {
  const trace = await readTrace(runFolderOf(root, name), name);
  if (trace === null)
    throw new StepFailure("BadInput", `The run folder of ${name} is gone; \`snowball resume ${name}\` brings it back.`);
  const { upkeep } = await roomOf(trace.recipe);
  const layout = storeLayout(stateFolderOf(root));
  const found = await upkeep.quarantined?.(layout, await census(layout), trace);
  if (found) return found;
  throw new StepFailure("BadInput", `A run of ${trace.recipe.pipeline} quarantines nothing that could be made again.`);
}

import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { parseRecipeObject } from "../recipe/parse.ts";
import type { Recipe } from "../recipe/pipelines/index.ts";
import { retryLines } from "../report/retry.ts";
import { findQuarantined, setQuarantinedAside } from "../run/quarantined.ts";
import { readTrace } from "../run/trace.ts";
import type { Connected } from "../temporal/connection.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { runningRecipe } from "../temporal/running-recipe.ts";
import { statusOf } from "../temporal/start.ts";
import { interrupted } from "./interrupt.ts";
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
    for (const line of retryLines(name, await quarantinedOf(root, name))) say(line);
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
async function storedRecipe({ client }: Connected, root: string, name: string): Promise<Recipe> {
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
  for (const line of retryLines(name, retry)) say(line);
  await setQuarantinedAside(stateFolderOf(root), retry);
}

async function quarantinedOf(root: string, name: string) {
  const trace = await readTrace(runFolderOf(root, name), name);
  if (trace === null)
    throw new StepFailure("BadInput", `The run folder of ${name} is gone; \`snowball resume ${name}\` brings it back.`);
  return findQuarantined(stateFolderOf(root), trace);
}

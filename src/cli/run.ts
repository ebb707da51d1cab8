import { readFileSync } from "node:fs";
import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { parseRecipe, parseRecipeObject } from "../recipe/parse.ts";
import type { Recipe } from "../recipe/pipelines/index.ts";
import { differences } from "../report/differences.ts";
import { outcomeLines } from "../report/outcome.ts";
import {
  type Beginning,
  nextLines,
  type Opening,
  openingLines,
  partingLines,
  type Session,
} from "../report/session.ts";
import { configuredServer } from "../temporal/configured.ts";
import { connect, type Connected } from "../temporal/connection.ts";
import { startDevServer } from "../temporal/dev-server.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { runningRecipe } from "../temporal/running-recipe.ts";
import { iterationOf } from "../temporal/runs.ts";
import { resultOf, startRun } from "../temporal/start.ts";
import { type EmbeddedHost, hostServerAndWorker } from "./embedded-host.ts";
import { INTERRUPTED } from "./failure.ts";
import { interrupted } from "./interrupt.ts";
import { jsonOption, rootOption } from "./options.ts";
import { watch } from "./watch.ts";

interface RunOptions {
  readonly root: string;
  readonly anew?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return new Command("run")
    .description("run a recipe, or go on with it, and show it until it is complete")
    .argument("<recipe>", "recipe file, YAML or JSON")
    .addOption(rootOption())
    .option("--anew", "run again what is complete already")
    .option("--detach", "start it and return at once (on a server that is up)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Uses the Temporal server that TEMPORAL_ADDRESS or a client profile names, or the one of \`snowball up\`. Where there is
none, starts one and a worker for as long as the command runs; started again, the run goes on where it was.

Example:
  snowball run configs/snowball.demo.yaml`,
    )
    .action(run);
}

async function run(file: string, options: RunOptions): Promise<void> {
  const recipe = parseRecipe(readRecipe(file), file);
  // Programs read the result from stdout; what is said to people goes beside it.
  const say = options.json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const signal = interrupted();
  const host = options.detach || configuredServer() !== null ? null : await hostIfNone(options.root, say);
  try {
    const server = await connect(options.root);
    try {
      const { how } = await startRun(server.client, recipe, { anew: options.anew ?? false });
      for (const line of openingLines(recipe, await openingOf(server, recipe, how))) say(line);
      if (options.detach) return;
      const session = { name: recipe.name, file, own: host !== null };
      const watching = followToEnd(server, session, { signal, say, json: options.json ?? false });
      await (host === null ? watching : Promise.race([watching, host.hopeless]));
    } finally {
      await server.connection.close();
    }
  } finally {
    await host?.stop();
  }
}

async function openingOf(server: Connected, recipe: Recipe, how: Beginning): Promise<Opening> {
  const { client, ui, namespace } = server;
  const base = { how, iteration: null, differing: [], ui: ui === null ? null : `${ui}/namespaces/${namespace}` };
  if (how === "started") return base;
  // The run may have been started by another program, with its defaults left out: both sides are filled in.
  const running = parseRecipeObject(await runningRecipe(client, recipe.name));
  return { ...base, iteration: await iterationOf(client, recipe.name), differing: differences(running, recipe) };
}

/** Starts the embedded server and a worker, unless a server runs on this root already. */
async function hostIfNone(root: string, say: (line: string) => void): Promise<EmbeddedHost | null> {
  const server = await startDevServer({ stateFolder: stateFolderOf(root) });
  return server.reused ? null : hostServerAndWorker(server, { root, say });
}

interface Follow {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly json: boolean;
}

async function followToEnd(server: Connected, session: Session, { signal, say, json }: Follow): Promise<void> {
  const last = await watch({ server, name: session.name, signal, quiet: json });
  if (last === null) {
    for (const line of partingLines(session)) say(line);
    process.exitCode = INTERRUPTED;
    return;
  }
  // Throws, with its sentence, for a run that failed or was cancelled.
  const result = await resultOf(server.client, session.name);
  if (json) console.log(JSON.stringify(result));
  else for (const line of [...outcomeLines(result), ...nextLines(session)]) say(line);
}

function readRecipe(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new StepFailure("BadInput", `The recipe ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { StepFailure } from "../failure.ts";
import { parseRecipeObject } from "../pipeline/parse.ts";
import type { Changes } from "../pipeline/pipeline.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { movedLine, nextLines, openingLines, outcomeLines, partingLines } from "../report/session.ts";
import { configuredServer } from "../temporal/configured.ts";
import { connect, type Connected } from "../temporal/connection.ts";
import { moveOn } from "../temporal/move-on.ts";
import { runningRecipe } from "../temporal/running-recipe.ts";
import { whereOf } from "../temporal/runs.ts";
import { readSnapshot } from "../temporal/snapshot.ts";
import { resultOf, startRun, statusOf } from "../temporal/start.ts";
import { type EmbeddedHost, hostOrBorrow } from "./embedded-host.ts";
import { changesBetween } from "./changes.ts";
import { INTERRUPTED } from "./exit.ts";
import { STALLED_MS, watch } from "./watch.ts";

/** How a command that runs something speaks, and what it starts on. */
export interface Launch {
  readonly root: string;
  /** What starts it again: "run my.yaml". */
  readonly command: string;
  readonly signal: AbortSignal;
  readonly detach: boolean;
  readonly json: boolean;
  readonly say: (line: string) => void;
}

/** What to start. */
export interface Wanted {
  readonly recipe: CommonRecipe;
  /** The recipe that the run was last started with on this root. */
  readonly before: CommonRecipe | null;
  /** Run again what is complete. */
  readonly anew: boolean;
  /** An open run with another recipe is refused, and not joined. */
  readonly insist: boolean;
}

/** Connects to the server of this root, or runs one and a worker for as long as `work` takes. */
export async function onServer(
  { root, command: typed, signal, detach, say }: Launch,
  work: (server: Connected, host: EmbeddedHost | null) => Promise<void>,
): Promise<void> {
  const command = `snowball ${typed}`;
  const host = detach || configuredServer() !== null ? null : await hostOrBorrow({ root, command, say, signal });
  try {
    const server = await connect(root);
    try {
      const working = work(server, host);
      // Where the host is hopeless, the connection is closed below and the work ends with nobody to tell.
      working.catch(() => {});
      await (host === null ? working : Promise.race([working, host.hopeless]));
    } finally {
      await server.connection.close();
    }
  } finally {
    await host?.stop();
  }
}

/** Starts a run, or finds it, and shows it until it is complete. */
export async function launch(server: Connected, host: EmbeddedHost | null, wanted: Wanted, how: Launch): Promise<void> {
  const { recipe, before, insist } = wanted;
  const open = await openRecipe(server, recipe.name);
  const last = open ?? before ?? (await closedRecipe(server, recipe.name));
  const changes = last === null ? null : await changesBetween(last, recipe);
  if (open !== null && insist && changes !== null && changes.fields !== "") throw stillOpen(recipe.name, changes);

  const started = await startRun(server.client, recipe, { anew: wanted.anew });
  const { ui, namespace, client } = server;
  const opening = {
    how: started.how,
    where: started.how === "started" ? null : await whereOf(client, recipe.name),
    // With `insist` the change has been told already.
    changes: insist ? null : changes,
    ui: ui === null ? null : `${ui}/namespaces/${namespace}`,
  };
  for (const line of openingLines(recipe, opening)) how.say(line);
  // An open run keeps its recipe, wherever it is moved.
  const going = { recipe: open ?? recipe, command: how.command };
  if (!how.detach) await followToEnd(server, host, going, how);
  else if (started.how === "attached") await moveIfStalled(server, going.recipe, how);
}

/** A run that is joined and left at once: it should go on when nobody looks. */
async function moveIfStalled(server: Connected, recipe: CommonRecipe, { say, signal }: Launch): Promise<void> {
  if (!(await readSnapshot(server, recipe.name)).stalled?.movable) return;
  await sleep(STALLED_MS, undefined, { signal });
  const { stalled } = await readSnapshot(server, recipe.name);
  if (!stalled?.movable) return;
  await moveOn(server, recipe, stalled);
  say(movedLine(stalled.why));
}

/** The recipe of an open run. It may have been started by another program, with its defaults left out. */
async function openRecipe({ client }: Connected, name: string): Promise<CommonRecipe | null> {
  if ((await statusOf(client, name))?.status !== "RUNNING") return null;
  return parseRecipeObject(await runningRecipe(client, name));
}

async function closedRecipe({ client }: Connected, name: string): Promise<CommonRecipe | null> {
  if ((await statusOf(client, name))?.status !== "COMPLETED") return null;
  return parseRecipeObject(await runningRecipe(client, name));
}

function stillOpen(name: string, { fields }: Changes): StepFailure {
  return new StepFailure(
    "BadInput",
    `${name} is open and keeps the recipe that it was started with, which differs in ${fields}. ` +
      `Nothing was changed; first: bin/snowball cancel ${name}`,
  );
}

async function followToEnd(
  server: Connected,
  host: EmbeddedHost | null,
  { recipe, command }: { readonly recipe: CommonRecipe; readonly command: string },
  { signal, say, json }: Launch,
): Promise<void> {
  const { name } = recipe;
  const ownWorker = (): boolean => host?.own ?? false;
  const watching = { server, name, signal, quiet: json, ownWorker };
  let last = await watch({ ...watching, untilMovable: true });
  if (last?.stalled?.movable) {
    await moveOn(server, recipe, last.stalled);
    say(movedLine(last.stalled.why));
    last = await watch(watching);
  }
  const session = { name, command, own: ownWorker(), inherited: host?.inherited() ?? false };
  if (last === null) {
    for (const line of partingLines(session)) say(line);
    process.exitCode = INTERRUPTED;
    return;
  }
  // Throws, with its sentence, for a run that failed or was cancelled.
  const result = await resultOf(server.client, name);
  if (json) console.log(JSON.stringify(result));
  else for (const line of [...outcomeLines(result), ...nextLines(session)]) say(line);
}

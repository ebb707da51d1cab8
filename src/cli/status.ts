import { WorkflowFailedError } from "@temporalio/client";
import { Command } from "commander";
import { outcomeLines } from "../report/session.ts";
import { statusLines } from "../report/status.ts";
import { timeLines } from "../report/times.ts";
import { readTimes } from "../run/times.ts";
import { connect, type Connected } from "../temporal/connection.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { readSnapshot } from "../temporal/snapshot.ts";
import { resultOf } from "../temporal/start.ts";
import { interrupted, INTERRUPTED, sentenceOf } from "./exit.ts";
import { jsonOption, rootOption } from "./options.ts";
import { watch } from "./watch.ts";

interface StatusOptions {
  readonly root: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function statusCommand(): Command {
  return new Command("status")
    .description("where a run stands")
    .argument("<run>", "name of the run")
    .option("--follow", "stay and show it until it is over")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  snowball status demo --follow\n  snowball status demo --follow --json     (a line whenever something has changed)",
    )
    .action(status);
}

async function status(name: string, { root, follow, json }: StatusOptions): Promise<void> {
  const server = await connect(root);
  try {
    await (follow ? followRun(server, name, json ?? false) : showOnce(server, name, root, json ?? false));
  } finally {
    await server.connection.close();
  }
}

async function showOnce(server: Connected, name: string, root: string, json: boolean): Promise<void> {
  const snapshot = await readSnapshot(server, name);
  if (json) {
    console.log(JSON.stringify(snapshot));
    return;
  }
  for (const line of statusLines(snapshot, Date.now())) console.log(line);
  if (snapshot.status === "RUNNING") {
    // Noted where the workers are; elsewhere there is nothing to show.
    for (const line of timeLines(await readTimes(stateFolderOf(root), name))) console.log(line);
    return;
  }
  try {
    for (const line of outcomeLines(await resultOf(server.client, name))) console.log(line);
  } catch (error) {
    // The status was asked for, and that a run failed is an answer, not a failure of the question.
    if (!(error instanceof WorkflowFailedError)) throw error;
    console.log(sentenceOf(error));
  }
}

async function followRun(server: Connected, name: string, json: boolean): Promise<void> {
  const last = await watch({ server, name, json, signal: interrupted() });
  if (last === null) {
    (json ? console.error : console.log)(`Stopped watching.   Watch again: bin/snowball status ${name} --follow`);
    process.exitCode = INTERRUPTED;
  } else {
    // Throws, with its sentence, for a run that failed or was cancelled.
    const result = await resultOf(server.client, name);
    if (!json) for (const line of outcomeLines(result)) console.log(line);
  }
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { StepFailure } from "../failure.ts";
import { pruneLines } from "../report/prune.ts";
import { planPrune, prune, type PruneOptions } from "../run/prune.ts";
import { runNames } from "../run/trace.ts";
import { connect, resolveConnection } from "../temporal/connection.ts";
import { type DevServer, startDevServer } from "../temporal/dev-server.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { statusOf } from "../temporal/start.ts";
import { jsonOption, rootOption } from "./options.ts";

interface Options {
  readonly root: string;
  readonly keep: PruneOptions["keep"];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function pruneCommand(): Command {
  return new Command("prune")
    .description(
      "free space without breaking a run: what no run refers to, checkpoints of finished trainings, leftovers",
    )
    .argument("[run]", "only what belongs to this run")
    .addOption(
      new Option("--keep <what>", "all that complete runs refer to, or of their views only those of the pairs")
        .choices(["all", "pairs"])
        .default("all"),
    )
    .option("--dry-run", "only say what would go")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
What an open run may need always stays. With --keep pairs a run that is started anew makes the other views again.

Examples:
  snowball prune --dry-run
  snowball prune demo --keep pairs`,
    )
    .action(pruneRoot);
}

async function pruneRoot(run: string | undefined, { root, keep, dryRun = false, json }: Options): Promise<void> {
  const state = stateFolderOf(root);
  const plan = await planPrune(root, state, { keep, run: run ?? null, open: await openRuns(root) });
  if (!dryRun) await prune(state, plan);
  if (json) console.log(JSON.stringify({ ...plan, done: !dryRun }));
  else for (const line of pruneLines(plan, !dryRun)) console.log(line);
}

/** Names of this root's open runs; null when Temporal cannot be asked. */
async function openRuns(root: string): Promise<Set<string> | null> {
  const state = stateFolderOf(root);
  const names = await runNames(state);
  let own: DevServer | null = null;
  if (resolveConnection(root) === null) {
    // After ^C of `run` its server is gone, and its run lies open in the database: a server is needed to ask.
    if (!existsSync(join(state, "temporal.db"))) return new Set();
    own = await startDevServer({ stateFolder: state });
  }
  try {
    const server = await connect(root);
    try {
      const states = await Promise.all(names.map((name) => statusOf(server.client, name)));
      return new Set(names.filter((_, place) => states[place]?.status === "RUNNING"));
    } finally {
      await server.connection.close();
    }
  } catch (error) {
    // Nobody answers: what is safe without asking can be freed all the same.
    if (error instanceof StepFailure) return null;
    throw error;
  } finally {
    await own?.stop();
  }
}

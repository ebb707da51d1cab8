import { Command } from "commander";
import { runTable } from "../report/runs.ts";
import { connect } from "../temporal/connection.ts";
import { listRuns } from "../temporal/runs.ts";
import { jsonOption, rootOption } from "./options.ts";

export function listCommand(): Command {
  return new Command("list")
    .description("the runs that the server knows, newest first")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  snowball list --json")
    .action(list);
}

async function list({ root, json }: { readonly root: string; readonly json?: boolean }): Promise<void> {
  const server = await connect(root);
  try {
    const runs = await listRuns(server.client);
    if (json) console.log(JSON.stringify(runs));
    else if (runs.length === 0) console.log("No runs yet. Start one:  bin/snowball run configs/snowball.demo.yaml");
    else for (const line of runTable(runs, Date.now())) console.log(line);
  } finally {
    await server.connection.close();
  }
}

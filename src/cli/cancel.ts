import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { connect, type Connected, resolveConnection } from "../temporal/connection.ts";
import { type DevServer, startDevServer } from "../temporal/dev-server.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { endRun } from "../temporal/move-on.ts";
import { statusOf } from "../temporal/start.ts";
import { rootOption } from "./options.ts";

export function cancelCommand(): Command {
  return new Command("cancel")
    .description("stop a run for good; what it committed stays, and running it again goes on from there")
    .argument("<run>", "name of the run")
    .addOption(rootOption())
    .addHelpText("after", "\nExample:\n  snowball cancel demo")
    .action(cancel);
}

async function cancel(name: string, { root }: { readonly root: string }): Promise<void> {
  // After ^C of `run` its server is gone, and the run lies open in the database: a server is needed to close it.
  const own = resolveConnection(root) === null ? await ownServer(root, name) : null;
  try {
    const server = await connect(root);
    try {
      if ((await statusOf(server.client, name))?.status !== "RUNNING") {
        throw new StepFailure("BadInput", `No open run is called "${name}".`);
      }
      await (own === null ? end(server, name) : terminate(server, name));
    } finally {
      await server.connection.close();
    }
  } finally {
    await own?.stop();
  }
}

async function ownServer(root: string, name: string): Promise<DevServer | null> {
  const server = await startDevServer({
    stateFolder: stateFolderOf(root),
    holder: { command: `snowball cancel ${name}`, lasting: false },
    say: (line) => console.error(line),
  });
  return server.reused ? null : server;
}

async function end(server: Connected, name: string): Promise<void> {
  const why = await endRun(server, name);
  if (why !== null) sayCancelled(name, `${why} `);
  else
    console.log(
      `Cancelling ${name}: steps under way stop and let their devices go.   Look: bin/snowball status ${name}`,
    );
}

/** No worker runs, so no device is held and nobody could answer a request: the record is closed at once. */
async function terminate({ client }: Connected, name: string): Promise<void> {
  await client.workflow.getHandle(name).terminate("cancelled by its user while no worker ran");
  sayCancelled(name, "");
}

function sayCancelled(name: string, why: string): void {
  console.log(`Cancelled ${name}. ${why}What it committed stays: running it again goes on from there.`);
}

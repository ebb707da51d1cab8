import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { fateOf, isRunning } from "../process/identity.ts";
import { rootOption } from "./options.ts";
import { upFile, upProcess } from "./up-state.ts";

/** The worker's own limit, and the server's. */
const DOWN_MS = 60_000;
const POLL_MS = 200;

export function downCommand(): Command {
  return new Command("down")
    .description("stop the server and the worker of `snowball up`; open runs go on when they are up again")
    .addOption(rootOption())
    .addHelpText("after", "\nExample:\n  snowball down")
    .action(down);
}

async function down({ root }: { readonly root: string }): Promise<void> {
  const up = upProcess(root);
  if (up === null) {
    console.log("Nothing is up.");
    return;
  }
  const { pid, host } = up;
  if (fateOf(up) === "elsewhere") {
    throw new StepFailure(
      "BadInput",
      `\`snowball up\` runs on ${host}, as process ${pid}: type \`snowball down\` there. If ${host} is no more, delete ${upFile(root)}.`,
    );
  }
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + DOWN_MS;
  while (isRunning(up)) {
    if (Date.now() > deadline) {
      throw new StepFailure(
        "Infrastructure",
        `Process ${pid} has not stopped within ${DOWN_MS / 1000} s; kill it with \`kill -9 ${pid}\`.`,
      );
    }
    await sleep(POLL_MS);
  }
  console.log("Down: the server and the worker have stopped.");
}

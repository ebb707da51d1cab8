import { Command, CommanderError } from "commander";
import { cancelCommand } from "./cancel.ts";
import { downCommand } from "./down.ts";
import { BAD_INPUT, exitCodeOf, sayFailure } from "./failure.ts";
import { gateCommand } from "./gate.ts";
import { listCommand } from "./list.ts";
import { runCommand } from "./run.ts";
import { showCommand } from "./show.ts";
import { statusCommand } from "./status.ts";
import { upCommand } from "./up.ts";
import { verifyCommand } from "./verify.ts";
import { workerCommand } from "./worker.ts";

const program = new Command("snowball")
  .description("Durable post-training loops for vision-language models, on Temporal")
  .addHelpText("after", "\nExit status: 0 done, 1 the run or the command failed, 2 the input is not usable as given.")
  .showHelpAfterError("(`snowball --help` shows how)")
  .exitOverride();
for (const make of [
  runCommand,
  statusCommand,
  listCommand,
  showCommand,
  gateCommand,
  cancelCommand,
  verifyCommand,
  workerCommand,
  upCommand,
  downCommand,
]) {
  program.addCommand(make().copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said it already; asking for help is no error.
    process.exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
  } else {
    sayFailure(error);
    process.exitCode = exitCodeOf(error);
  }
}

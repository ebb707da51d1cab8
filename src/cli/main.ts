import { Command, CommanderError } from "commander";
import { StepFailure } from "../failure.ts";
import { startTracing } from "../tracing/start.ts";
import { inSpan } from "../tracing/span.ts";
import { BAD_INPUT, Interrupted, INTERRUPTED } from "./exit.ts";

/**
 * The commands, in the order in which help lists them. Each loads what it needs and no more: Temporal's client alone
 * takes a third of a second, and half of the commands speak to no server.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import("./init.ts")).initCommand(),
  data: async () => (await import("./data.ts")).dataCommand(),
  plan: async () => (await import("./plan.ts")).planCommand(),
  check: async () => (await import("./check.ts")).checkCommand(),
  run: async () => (await import("./run.ts")).runCommand(),
  evaluate: async () => (await import("./evaluate.ts")).evaluateCommand(),
  resume: async () => (await import("./resume.ts")).resumeCommand(),
  status: async () => (await import("./status.ts")).statusCommand(),
  list: async () => (await import("./list.ts")).listCommand(),
  show: async () => (await import("./show.ts")).showCommand(),
  report: async () => (await import("./report.ts")).reportCommand(),
  adopt: async () => (await import("./adopt.ts")).adoptCommand(),
  select: async () => (await import("./select.ts")).selectCommand(),
  gate: async () => (await import("./gate.ts")).gateCommand(),
  cancel: async () => (await import("./cancel.ts")).cancelCommand(),
  verify: async () => (await import("./verify.ts")).verifyCommand(),
  prune: async () => (await import("./prune.ts")).pruneCommand(),
  worker: async () => (await import("./worker.ts")).workerCommand(),
  up: async () => (await import("./up.ts")).upCommand(),
  down: async () => (await import("./down.ts")).downCommand(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
};

const program = new Command("snowball")
  .description("Durable post-training loops for vision-language models, on Temporal")
  .addHelpText("after", "\nExit status: 0 done, 1 the run or the command failed, 2 the input is not usable as given.")
  .showHelpAfterError("(`snowball --help` shows how)")
  .exitOverride();
const [, , wanted = ""] = process.argv;
const makers = Object.hasOwn(COMMANDS, wanted) ? [COMMANDS[wanted]!] : Object.values(COMMANDS);
for (const make of makers) program.addCommand((await make()).copyInheritedSettings(program));

let tracing: Awaited<ReturnType<typeof startTracing>> = null;
try {
  // A worker traces what it works on, not itself: that would be one span of weeks.
  if (wanted !== "worker") tracing = await startTracing("snowball");
  await inSpan(`snowball ${wanted}`, {}, () => program.parseAsync());
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said it already; asking for help is no error.
    process.exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
  } else if (error instanceof Interrupted) {
    process.exitCode = INTERRUPTED;
  } else if (error instanceof StepFailure && error.type === "BadInput") {
    // Said without Temporal's client, which the other failures are unwrapped with.
    console.error(error.message);
    process.exitCode = BAD_INPUT;
  } else {
    const { exitCodeOf, sayFailure } = await import("./exit.ts");
    sayFailure(error);
    process.exitCode = exitCodeOf(error);
  }
} finally {
  await tracing?.stop();
}

import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { connect } from "../temporal/connection.ts";
import { answerGate } from "../temporal/decide.ts";
import { rootOption } from "./options.ts";

interface GateOptions {
  readonly root: string;
  readonly promote?: boolean;
  readonly rollback?: boolean;
}

export function gateCommand(): Command {
  return new Command("gate")
    .description("answer a run whose gate asks (loop.gate: ask): take the new policy, or keep the one before it")
    .argument("<run>", "name of the run")
    .option("--promote", "the new policy samples the next shard")
    .option("--rollback", "the policy before it stays")
    .addOption(rootOption())
    .addHelpText(
      "after",
      `
The same without this command: the update \`gate\` in the Temporal UI, or
  temporal workflow update execute --workflow-id my-run --name gate --input '{"decision": "promote"}'

Example:
  snowball gate my-run --promote`,
    )
    .action(gate);
}

async function gate(name: string, { root, promote, rollback }: GateOptions): Promise<void> {
  if (promote === rollback) throw new StepFailure("BadInput", "Say one of --promote and --rollback.");
  const server = await connect(root);
  try {
    console.log(`${name}, ${await answerGate(server, name, promote ? "promote" : "roll_back")}.`);
  } finally {
    await server.connection.close();
  }
}

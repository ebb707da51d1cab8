import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { pipelineOf } from "../pipeline/index.ts";
import { named } from "../recipe/common.ts";
import { checkLines, failedChecks } from "../report/checks.ts";
import { FAILED, interrupted, INTERRUPTED } from "./exit.ts";
import { jsonOption, readRecipeFile, rootOption } from "./options.ts";
import { preflight } from "./preflight.ts";

interface CheckOptions {
  readonly root: string;
  readonly json?: boolean;
}

export function checkCommand(): Command {
  return new Command("check")
    .description("try every training of a recipe: its rows, the checkpoint that it starts from, one optimizer step")
    .argument("<recipe>", "recipe file, YAML or JSON")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Takes minutes and a device as the training would, and keeps nothing but the imported data, which the run finds.
docs/check.md says what each line means. Exits with 1 when a check failed; one that was not possible is no failure.

Example:
  snowball check my.yaml`,
    )
    .action(check);
}

async function check(file: string, { root, json = false }: CheckOptions): Promise<void> {
  const written = readRecipeFile(file);
  const { checkedBy: step } = pipelineOf(written);
  if (step === undefined) {
    throw new StepFailure("BadInput", `A run of ${written.pipeline} trains nothing: there is nothing to check.`);
  }
  const recipe = named(written, "check");
  await preflight(root, recipe, { ignoreDisk: true });
  const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const signal = interrupted();
  const { onServer } = await import("./launch.ts");
  await onServer({ root, command: `check ${file}`, signal, detach: false, json, say }, async (server, host) => {
    const { resultOf, startCheck } = await import("../temporal/start.ts");
    const { watch } = await import("./watch.ts");
    await startCheck(server.client, recipe, { step });
    say(`Checking ${written.name}.`);
    const ownWorker = (): boolean => host?.own ?? false;
    if ((await watch({ server, name: recipe.name, signal, quiet: json, ownWorker })) === null) {
      await server.client.workflow.getHandle(recipe.name).cancel();
      process.exitCode = INTERRUPTED;
      return;
    }
    const result = await resultOf(server.client, recipe.name);
    const { tables, warnings } = result;
    if (json)
      console.log(JSON.stringify({ recipe: written.name, checks: tables.flatMap((each) => each.rows), warnings }));
    else for (const line of checkLines(result)) say(line);
    if (failedChecks(result) > 0) process.exitCode = FAILED;
  });
}

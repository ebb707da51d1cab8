import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { MLX_DEFAULT, MLX_NAMES, mlxModel } from "../checking/mlx-models.ts";
import { StepFailure } from "../failure.ts";
import { mlxPython } from "../model/python.ts";
import { pipelineOf } from "../pipeline/index.ts";
import { named } from "../recipe/common.ts";
import { checkLines, failedChecks } from "../report/checks.ts";
import { FAILED, interrupted, INTERRUPTED } from "./exit.ts";
import { jsonOption, PROJECT, readRecipeFile, rootOption } from "./options.ts";
import { preflight } from "./preflight.ts";

interface CheckOptions {
  readonly root: string;
  readonly json?: boolean;
  readonly mlx?: boolean;
  readonly model?: string;
}

export function checkCommand(): Command {
  return new Command("check")
    .description("try every training of a recipe: its rows, the checkpoint that it starts from, one optimizer step")
    .argument("<recipe>", "recipe file, YAML or JSON")
    .option("--mlx", "only what needs no training, with mlx-vlm: prompts, image tokens, completions and their rewards")
    .option("--model <name>", `with --mlx: ${MLX_NAMES.join(", ")}, or a folder (default: ${MLX_DEFAULT})`)
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Takes minutes and a device as the training would, and keeps nothing but the imported data, which the run finds.
docs/check.md says what each line means. Exits with 1 when a check failed; one that was not possible is no failure.

Example:
  snowball check my.yaml
  snowball check my.yaml --mlx --model 7b-4bit    # on Apple silicon`,
    )
    .action(check);
}

async function check(file: string, options: CheckOptions): Promise<void> {
  const { root, json = false } = options;
  const written = readRecipeFile(file);
  const { checkedBy: step } = pipelineOf(written);
  if (step === undefined) {
    throw new StepFailure("BadInput", `A run of ${written.pipeline} trains nothing: there is nothing to check.`);
  }
  const recipe = named(written, "check");
  const mlx = mlxOf(options);
  await preflight(root, recipe, { ignoreDisk: true });
  if (mlx !== undefined) await needMlx();
  const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const signal = interrupted();
  const { onServer } = await import("./launch.ts");
  await onServer({ root, command: `check ${file}`, signal, detach: false, json, say }, async (server, host) => {
    const { resultOf, startCheck } = await import("../temporal/start.ts");
    const { watch } = await import("./watch.ts");
    await startCheck(server.client, recipe, { step, ...(mlx !== undefined && { mlx }) });
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

/** The checkpoint that speaks through MLX: a folder, or where it is published; undefined without MLX. */
function mlxOf({ mlx, model = MLX_DEFAULT }: CheckOptions): string | undefined {
  if (mlx !== true) {
    if (model === MLX_DEFAULT) return undefined;
    throw new StepFailure("BadInput", "--model names a checkpoint of MLX; --mlx is needed with it.");
  }
  const published = mlxModel(model);
  if (published !== undefined) return published;
  if (existsSync(resolve(model, "config.json"))) return resolve(model);
  throw new StepFailure(
    "BadInput",
    `--model is "${model}", neither ${MLX_NAMES.join(", ")} nor the folder of a checkpoint.`,
  );
}

/** Installs MLX's environment where it is not there yet: in seconds, from package registries. */
async function needMlx(): Promise<void> {
  if (existsSync(mlxPython())) return;
  const { execa } = await import("execa");
  // What it says goes beside the result.
  const setup = { env: { SNOWBALL_NEEDS_MLX: "1" }, stdio: ["ignore", 2, 2], reject: false } as const;
  const { exitCode } = await execa(join(PROJECT, "scripts/setup.sh"), [], setup);
  if (exitCode === 0) return;
  throw new StepFailure(
    "BadInput",
    "MLX could not be installed; what stands above says why. It runs on Apple silicon, and on Linux at toy size.",
  );
}

import { Command } from "commander";
import { planLines, planWarnings } from "../pipeline/snowball/cost/lines.ts";
import { planRun } from "../pipeline/snowball/cost/plan-run.ts";
import { jsonOption, rootOption } from "./options.ts";
import { readRecipeFile } from "./recipe-file.ts";

export function planCommand(): Command {
  return new Command("plan")
    .description("what a recipe costs at most: rollouts, views, pairs, disk, hours; runs nothing and needs no server")
    .argument("<recipe>", "recipe file, YAML or JSON")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Hours are reckoned from the recipe's block \`rates\`, which a pilot can measure; without it they are not guessed.

Example:
  snowball plan configs/snowball.full.yaml`,
    )
    .action(plan);
}

async function plan(file: string, { root, json }: { readonly root: string; readonly json?: boolean }): Promise<void> {
  const { costs, free } = await planRun(root, readRecipeFile(file));
  if (json) console.log(JSON.stringify({ ...costs, warnings: planWarnings(costs, free), free }));
  else for (const line of planLines(costs, free)) console.log(line);
}

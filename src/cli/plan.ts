import { Command } from "commander";
import { roomOf } from "../pipeline/rooms.ts";
import { freeBytes } from "../run/free-space.ts";
import { jsonOption, readRecipeFile, rootOption } from "./options.ts";

export function planCommand(): Command {
  return new Command("plan")
    .description("what a recipe costs at most: work, disk, hours; runs nothing and needs no server")
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
  const recipe = readRecipeFile(file);
  const planned = await (await roomOf(recipe)).plan(root, recipe);
  const free = await freeBytes(root);
  if (json) console.log(JSON.stringify(planned.json(free)));
  else for (const line of planned.lines(free)) console.log(line);
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { readResult } from "../pipeline/result.ts";
import { StepFailure } from "../failure.ts";
import { outcomeLines } from "../report/session.ts";
import { timeLines } from "../report/times.ts";
import { readTimes } from "../run/times.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { jsonOption, rootOption } from "./options.ts";
import { runFolderOf } from "./run-folder.ts";

export function showCommand(): Command {
  return new Command("show")
    .description("the result of a complete run, from its folder; needs no server")
    .argument("<run>", "name of the run, or its folder")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  snowball show demo")
    .action(show);
}

async function show(name: string, { root, json }: { readonly root: string; readonly json?: boolean }): Promise<void> {
  const file = join(runFolderOf(root, name), "final_status.json");
  if (!existsSync(file)) {
    throw new StepFailure(
      "BadInput",
      `${name} is not complete yet (${file} is not there).   Look: bin/snowball status ${name}`,
    );
  }
  const text = readFileSync(file, "utf8");
  if (json) {
    console.log(text.trim());
    return;
  }
  const result = readResult(JSON.parse(text));
  for (const line of outcomeLines(result)) console.log(line);
  for (const line of timeLines(await readTimes(stateFolderOf(root), result.run))) {
    console.log(line === "" ? "" : ` ${line}`);
  }
}

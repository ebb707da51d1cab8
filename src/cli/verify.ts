import { join } from "node:path";
import { Command } from "commander";
import { createLocalStore } from "../artifact/local-store.ts";
import type { Check } from "../pipeline/pipeline.ts";
import { verifyRun } from "../run/verify.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { FAILED } from "./exit.ts";
import { jsonOption, rootOption } from "./options.ts";
import { runFolderOf } from "./run-folder.ts";

export function verifyCommand(): Command {
  return new Command("verify")
    .description("check a run's artifacts byte by byte, its ledger and its provenance; needs no server")
    .argument("<run>", "name of the run, or its folder")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExits with 1 when anything is not as it should be.\n\nExample:\n  snowball verify demo")
    .action(verify);
}

async function verify(name: string, { root, json }: { readonly root: string; readonly json?: boolean }): Promise<void> {
  const folder = runFolderOf(root, name);
  const store = createLocalStore(join(stateFolderOf(root), "store"));
  let problems = 0;
  for await (const check of verifyRun(store, folder)) {
    if (check.problem !== undefined) problems += 1;
    console.log(json ? JSON.stringify(check) : lineOf(check));
  }
  if (problems > 0) {
    process.exitCode = FAILED;
    if (!json) console.log(`${problems} of these checks failed.`);
  } else if (!json) console.log("All is as it was committed.");
}

function lineOf({ what, problem }: Check): string {
  return problem === undefined ? `ok    ${what}` : `BAD   ${what}: ${problem}`;
}

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { StepFailure } from "../failure.ts";
import { stateFolderOf } from "../temporal/embedded.ts";

/** The folder of a run, by the run's name or by the folder itself. Throws BadInput when there is none on this host. */
export function runFolderOf(root: string, nameOrFolder: string): string {
  const record = join(stateFolderOf(root), "runs", `${nameOrFolder}.json`);
  if (existsSync(record)) {
    const { folder } = JSON.parse(readFileSync(record, "utf8")) as { folder: string };
    return resolve(root, folder);
  }
  const folder = resolve(nameOrFolder);
  if (existsSync(join(folder, "config.json"))) return folder;
  throw new StepFailure(
    "BadInput",
    `No run is called "${nameOrFolder}" on this host, and there is no run folder of that name.`,
  );
}

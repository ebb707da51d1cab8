import { mkdir, readdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { writeJson } from "../src/artifact/files.ts";
import type { CloseInput } from "../src/contract/steps.ts";
import type { ActivityDeps } from "./deps.ts";
import { DRAFT } from "./run-folder.ts";
import type { StepContext } from "./step.ts";

/** Writes final_status.json and points final/ at the checkpoint of the policy that stays. */
export async function closeRun(deps: ActivityDeps, _context: StepContext, input: CloseInput): Promise<void> {
  const run = join(deps.root, input.result.folder);
  await mkdir(run, { recursive: true });
  await writeJson(join(run, "final_status.json"), { status: "completed", ...input.result });
  const final = join(run, "final");
  await rm(final, { force: true });
  // Relative, so that the run folder can be moved or copied whole.
  if (input.final !== null) await symlink(input.final, final);
  for (const name of await readdir(run)) {
    if (name.startsWith(DRAFT)) await rm(join(run, name), { recursive: true, force: true });
  }
}

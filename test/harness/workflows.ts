import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleWorkflowCode } from "@temporalio/worker";
import type { Workflows } from "../../src/temporal/bundle.ts";
import { PROJECT } from "./world.ts";

/** An edited copy of the workflows, bundled into the folder: a version that does not agree with the clone's own. */
export async function editedWorkflows(folder: string): Promise<Workflows> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(PROJECT, "test/fixtures/workflows/edited.ts"),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const codePath = join(folder, "edited-workflows.js");
  writeFileSync(codePath, code);
  return { codePath, version: "edited" };
}

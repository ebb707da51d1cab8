import { hostDevices } from "../device/detect.ts";
import type { DeviceSpec } from "../device/devices.ts";
import { StepFailure } from "../failure.ts";
import { checkAttention } from "../model/attention.ts";
import { checkModel } from "../model/checkpoint.ts";
import { projectRunners } from "../model/python.ts";
import type { Recipe } from "../recipe/pipelines/index.ts";
import { size } from "../report/numbers.ts";
import { planRun } from "../run/plan.ts";
import { configuredServer } from "../temporal/configured.ts";

/**
 * Refuses what could not end well, before a server or a worker is started: data that is not usable, a model that is not
 * there, a disk that is too small. The run's first step looks again, and deeper; it is what counts where the workers of
 * a server of the user's own have other disks than this host.
 */
export async function preflight(root: string, recipe: Recipe, { ignoreDisk }: { ignoreDisk: boolean }): Promise<void> {
  if (configuredServer() !== null) return;
  for (const who of ["planner", "critic", "evaluator"] as const) {
    await checkModel(who, recipe[who].backend, root, recipe[who].model);
  }
  const devices = await hostDevices();
  checkDevices(recipe, devices);
  await checkAttention(recipe, devices, projectRunners());
  const { backend, model } = recipe.executor;
  if (model !== undefined) await checkModel("executor", backend, root, model);
  const { costs, free } = await planRun(root, recipe);
  if (ignoreDisk || costs.disk.total <= free) return;
  throw new StepFailure(
    "BadInput",
    `The disk is too small for this recipe: it needs up to ${size(costs.disk.total)}, and ${size(free)} are free where ${root} lies. ` +
      "Nothing was started; `bin/snowball plan` says what takes the space, and --ignore-disk starts it all the same.",
  );
}

/** The training comes last: that it lacks devices should not be found out then. */
function checkDevices({ training }: Recipe, devices: readonly DeviceSpec[]): void {
  if (training.num_processes <= devices.length) return;
  throw new StepFailure(
    "BadInput",
    `training.num_processes is ${training.num_processes}, but this host has ${devices.length} devices ` +
      `(${devices.map(({ kind, index }) => `${kind}:${index}`).join(", ")}); ask for fewer, or run it where there are more. Nothing was started.`,
  );
}

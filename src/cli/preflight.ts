import { join } from "node:path";
import { hostDevices } from "../device/detect.ts";
import type { DeviceSpec } from "../device/devices.ts";
import { StepFailure } from "../failure.ts";
import { checkAdapter } from "../model/adapter.ts";
import { checkAttention } from "../model/attention.ts";
import { checkModel } from "../model/checkpoint.ts";
import { serverSpec } from "../model/server-spec.ts";
import { checkServed } from "../model/vlm/openai/served.ts";
import type { NamedModel } from "../pipeline/pipeline.ts";
import { roomOf } from "../pipeline/rooms.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { size } from "../numbers.ts";
import { freeBytes } from "../run/free-space.ts";
import { checkPython, projectRunners, vllmRunners } from "../model/python.ts";
import { serviceKey } from "../service/key.ts";
import { configuredServer } from "../temporal/configured.ts";

/**
 * Refuses what could not end well, before a server or a worker is started: data that is not usable, a model that is not
 * there, a disk that is too small. The run's first step looks again, and deeper; it is what counts where the workers of
 * a server of the user's own have other disks than this host.
 */
export async function preflight(
  root: string,
  recipe: CommonRecipe,
  { ignoreDisk }: { ignoreDisk: boolean },
): Promise<void> {
  if (configuredServer() !== null) return;
  const room = await roomOf(recipe);
  const models = room.models(recipe);
  for (const { who, field, backend, model, adapter, trained } of models) {
    await checkModel({ field, backend, ...(trained && { trained }) }, root, model);
    if (adapter !== undefined) await checkAdapter(who, backend, root, adapter);
  }
  const devices = await hostDevices();
  checkDevices(room.devices(recipe), devices);
  const runners = projectRunners();
  await checkAttention(models, devices, runners);
  if (models.some(({ backend, drawnByVllm }) => backend === "vllm" || drawnByVllm)) {
    const own = vllmRunners(runners);
    checkPython(own, own.made);
  }
  for (const each of models) await checkServer(root, each);
  const { disk } = await room.plan(root, recipe);
  const free = await freeBytes(root);
  if (ignoreDisk || disk <= free) return;
  throw new StepFailure(
    "BadInput",
    `The disk is too small for this recipe: it needs up to ${size(disk)}, and ${size(free)} are free where ${root} lies. ` +
      "Nothing was started; `bin/snowball plan` says what takes the space, and --ignore-disk starts it all the same.",
  );
}

/** A server of the user's own that is not there, or serves another model, is found before anything is started. */
async function checkServer(root: string, { backend, model, server }: NamedModel): Promise<void> {
  const spec = serverSpec({ backend, server }, { base: { folder: model, digest: "" } }, "text");
  if (spec === null) return;
  const service = { ...spec, key: await serviceKey(spec.key) };
  const meant = { serving: "", model: join(root, model), adapter: null, server: spec };
  await checkServed(service, meant, AbortSignal.timeout(spec.timeoutMs));
}

/** The step that wants several devices comes late: that they are lacking should not be found out then. */
function checkDevices(
  { field, count }: { readonly field: string; readonly count: number },
  devices: readonly DeviceSpec[],
): void {
  if (count <= devices.length) return;
  throw new StepFailure(
    "BadInput",
    `${field} is ${count}, but this host has ${devices.length} devices ` +
      `(${devices.map(({ kind, index }) => `${kind}:${index}`).join(", ")}); ask for fewer, or run it where there are more. Nothing was started.`,
  );
}

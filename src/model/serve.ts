import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Role } from "../contract/queues.ts";
import { leaseSeveral } from "../device/lease-several.ts";
import type { Device, DeviceLease, DevicePool } from "../device/pool.ts";
import type { DevicePools } from "../device/pools.ts";
import { type Closable, createServerPool, type ServerPool, type UseOptions } from "../device/server-pool.ts";
import { StepFailure } from "../failure.ts";
import type { ModelServer } from "../process/model-server.ts";
import { Places } from "../process/places.ts";
import type { ImageBackend } from "./image/backend.ts";
import { createSceneRenderer } from "./image/scene-renderer.ts";
import { createSimulatedExecutor } from "./image/simulated.ts";
import type { Models, Used, Waiting, WarmVlm } from "./models.ts";
import { enginesDevices } from "../recipe/parts/vllm.ts";
import type { EditorSpec, VlmSpec } from "./specs.ts";
import type { PythonRunners } from "./python.ts";
import { editorName, vlmName } from "./server-names.ts";
import { createSimulatedTrainer } from "./trainer/simulated.ts";
import type { CallOptions, VlmBackend } from "./vlm/backend.ts";
import type { OpenAiSpec } from "./vlm/openai.ts";
import { createSimulatedVlm } from "./vlm/simulated.ts";

/** Where roles share their devices, one pool holds the servers of all of them. */
type Served = WarmVlm | ModelServer;

/** How long a warm server may sit idle before it gives its device back, in ms: longer than between two chunks. */
const IDLE_MS = 30_000;

/** How long a busy server may keep its device while another role waits, in ms: model swaps cost about a minute. */
const MAX_HOLD_MS = 10 * 60_000;

/**
 * How long a server waits for its run's next chunk while another run waits for its device, in ms: a task reaches its
 * worker within two seconds even on a busy server.
 */
const LINGER_MS = 2_000;

/** Gives steps their models: servers that stay warm between chunks, each on a leased device. */
export function createModels(pools: DevicePools, runners: PythonRunners, log: Logger): Models {
  // Trainings and engines that take several devices: two could each hold what the other waits for.
  const several = new Places(1);
  // Roles that share their devices share their servers too: only so can one make room for another.
  const serversOf = new Map<DevicePool, ServerPool<Served>>();
  const servers = (role: Role): ServerPool<Served> => {
    const pool = pools.of(role);
    const known =
      serversOf.get(pool) ??
      createServerPool<Served>(pool, { idleMs: IDLE_MS, maxHoldMs: MAX_HOLD_MS, lingerMs: LINGER_MS, several });
    serversOf.set(pool, known);
    return known;
  };

  const leased = async <T>(
    role: Role,
    options: CallOptions & Waiting,
    use: (lease: DeviceLease) => Promise<T>,
  ): Promise<T> => {
    const lease = await pools.of(role).lease(role, options);
    try {
      options.onDevices?.([deviceName(lease.device)]);
      return await use(lease);
    } finally {
      lease.release();
    }
  };

  const logStart = ({ backend, serving }: VlmSpec | EditorSpec, devices: readonly Device[]): void =>
    log.debug({ backend, serving: serving.slice(0, 12), devices: devices.map(deviceName) }, "starting a model server");

  // Backends are loaded when they are asked for: onnxruntime's native library takes a quarter of a second and 100 MB.
  const start = async (spec: VlmSpec, devices: readonly Device[], signal: AbortSignal): Promise<WarmVlm> => {
    logStart(spec, devices);
    switch (spec.backend) {
      case "transformers":
        return (await import("./vlm/transformers.ts")).startTransformersVlm(spec, devices, runners, log, signal);
      case "vllm":
        return (await import("./vlm/vllm.ts")).startVllm(spec, devices, runners, log, signal);
      case "onnx":
        return (await import("./vlm/onnx.ts")).startOnnxVlm(spec, devices[0]!);
      case "simulated":
        return {
          speak: ({ serving, simulate }) => createSimulatedVlm(serving, simulate),
          alive: true,
          close: async () => {},
        };
      case "openai":
        throw new TypeError("A server of the user's own is not started here.");
    }
  };

  // Loaded when it is asked for, once: places are counted over all steps.
  let elsewhere: Promise<(spec: OpenAiSpec) => VlmBackend> | undefined;
  const servedElsewhere = async (spec: OpenAiSpec): Promise<VlmBackend> => {
    elsewhere ??= import("./vlm/openai.ts").then(({ createOpenAiVlms }) => createOpenAiVlms());
    return (await elsewhere)(spec);
  };

  const withEditor = async <T>(
    spec: EditorSpec,
    options: CallOptions & Waiting & Used,
    use: (executor: ImageBackend) => Promise<T>,
  ): Promise<T> => {
    const { createFlux2Klein, startFlux2Klein } = await import("./image/flux2-klein.ts");
    const begin = async (devices: readonly Device[], signal: AbortSignal): Promise<ModelServer> => {
      logStart(spec, devices);
      options.onDevices?.(devices.map(deviceName));
      return loaded(await startFlux2Klein(spec, devices, runners, log, signal), options);
    };
    const run = (server: Served, devices: readonly Device[]): Promise<T> => {
      options.onDevices?.(devices.map(deviceName));
      return use(createFlux2Klein(server as ModelServer, spec));
    };
    return servers("imagine").use(editorName(spec), "imagine", begin, run, useOf(options));
  };

  return {
    withVlm: async (role, spec, options, use) => {
      // It has its own devices: none of this host's is taken.
      if (spec.server !== null) return use(await servedElsewhere({ ...spec, server: spec.server }));
      const wanted = enginesDevices(spec.vllm);
      refuseTooMany(wanted, pools.of(role).size, role);
      const begin = async (devices: readonly Device[], signal: AbortSignal): Promise<WarmVlm> => {
        options.onDevices?.(devices.map(deviceName));
        return loaded(await start(spec, devices, signal), options);
      };
      const run = async (vlm: Served, devices: readonly Device[]) => {
        options.onDevices?.(devices.map(deviceName));
        const latency = spec.backend === "simulated" ? spec.simulate?.latency_ms[role] : undefined;
        // The name begins with the role, so what it finds is what this role starts.
        return lasting(latency, options.signal, () => use((vlm as WarmVlm).speak(spec)));
      };
      return servers(role).use(vlmName(role, spec), role, begin, run, { ...useOf(options), devices: wanted });
    },
    withExecutor: (spec, options, use) => {
      if (spec.backend === "flux2-klein") return withEditor(spec, options, use);
      return leased("imagine", options, async () => {
        if (spec.backend === "scene-renderer") return use(createSceneRenderer(spec));
        const executor = createSimulatedExecutor(spec, spec.simulate);
        return lasting(spec.simulate?.latency_ms.imagine, options.signal, () => use(executor));
      });
    },
    async withTrainer({ backend, devices, simulate }, options, use) {
      const own = pools.of("train");
      // Its own devices first; then those of roles that have nothing to do while all wait for the next policy.
      const line = [own, ...pools.all.filter((pool) => pool !== own)];
      const all = line.reduce((sum, pool) => sum + pool.size, 0);
      if (devices > all) {
        throw new StepFailure(
          "BadInput",
          `training.num_processes is ${devices}, but this worker has ${all} device${all === 1 ? "" : "s"}; start one with more (bin/snowball worker --devices), or ask for fewer processes.`,
        );
      }
      const leases = await several.in(options.signal, () => leaseSeveral(line, "train", devices, options));
      try {
        options.onDevices?.(leases.map(({ device }) => deviceName(device)));
        if (backend === "simulated") return await use(createSimulatedTrainer(simulate));
        const { createTrlTrainer } = await import("./trainer/trl.ts");
        const leased = leases.map((lease) => lease.device);
        const trl = createTrlTrainer(runners, leased, log);
        if (backend === "trl") return await use(trl);
        const { createFactoryTrainer } = await import("./trainer/llama-factory.ts");
        return await use(createFactoryTrainer(runners, leased, log, trl));
      } finally {
        for (const lease of leases) lease.release();
      }
    },
    close: async () => {
      await Promise.all([...serversOf.values()].map((pool) => pool.close()));
    },
  };
}

function refuseTooMany(wanted: number, there: number, role: Role): void {
  if (wanted <= there) return;
  throw new StepFailure(
    "BadInput",
    `vllm.tensor_parallel_size is ${wanted}, but this worker has ${there} device${there === 1 ? "" : "s"} for ${role}; start one with more (bin/snowball worker --devices), or with this role alone (--roles), or ask for fewer.`,
  );
}

/** Tells CPU devices apart, too, which share their name. */
function deviceName({ kind, index }: Device): string {
  return `${kind}:${index}`;
}

/** As the pool of servers has it: a run's servers follow one another for each part that they play. */
function useOf({ signal, onWaiting, by }: CallOptions & Waiting & Used): UseOptions {
  return { signal, onWaiting, run: by.run, family: by.as };
}

/** A server that has loaded what was meant; any other is ended. */
async function loaded<S extends Closable>(server: S, { onLoaded }: Waiting): Promise<S> {
  try {
    await onLoaded?.();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Makes simulated work take as long as the recipe says, its own milliseconds included. */
async function lasting<T>(latencyMs: number | undefined, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const rest = latencyMs ? sleep(latencyMs, undefined, { signal }) : Promise.resolve();
  // Awaited after the work, also when it is cut short: a device is given back when nobody works on it any more.
  rest.catch(() => undefined);
  const result = await work();
  await rest;
  return result;
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Role } from "../contract/queues.ts";
import type { Device, DeviceLease, DevicePool } from "../device/pool.ts";
import { type Closable, createServerPool, type ServerPool } from "../device/server-pool.ts";
import type { ModelServer } from "../process/model-server.ts";
import type { ImageBackend } from "./image/backend.ts";
import { createSceneRenderer } from "./image/scene-renderer.ts";
import { createSimulatedExecutor } from "./image/simulated.ts";
import type { EditorSpec, Models, VlmSpec, Waiting } from "./models.ts";
import type { PythonRunners } from "./python.ts";
import { createSimulatedTrainer } from "./trainer/simulated.ts";
import type { CallOptions, VlmBackend } from "./vlm/backend.ts";
import { createSimulatedVlm } from "./vlm/simulated.ts";

type ServedVlm = VlmBackend & Closable;
/** Where roles share their devices, one pool holds the servers of all of them. */
type Served = ServedVlm | ModelServer;

/** How long a warm server may sit idle before it gives its device back, in ms: longer than between two chunks. */
const IDLE_MS = 30_000;

/** How long a busy server may keep its device while another role waits, in ms: model swaps cost about a minute. */
const MAX_HOLD_MS = 10 * 60_000;

/** Gives steps their models: servers that stay warm between chunks, each on a leased device. */
export function createModels(poolOf: (role: Role) => DevicePool, runners: PythonRunners, log: Logger): Models {
  // Roles that share their devices share their servers too: only so can one make room for another.
  const serversOf = new Map<DevicePool, ServerPool<Served>>();
  const servers = (role: Role): ServerPool<Served> => {
    const pool = poolOf(role);
    const known = serversOf.get(pool) ?? createServerPool<Served>(pool, { idleMs: IDLE_MS, maxHoldMs: MAX_HOLD_MS });
    serversOf.set(pool, known);
    return known;
  };

  const leased = async <T>(
    role: Role,
    options: CallOptions & Waiting,
    use: (lease: DeviceLease) => Promise<T>,
  ): Promise<T> => {
    const lease = await poolOf(role).lease(role, options);
    try {
      return await use(lease);
    } finally {
      lease.release();
    }
  };

  const logStart = ({ backend, serving }: VlmSpec | EditorSpec, device: Device): void =>
    log.debug({ backend, serving: serving.slice(0, 12), device: device.name }, "starting a model server");

  // Backends are loaded when they are asked for: onnxruntime's native library takes a quarter of a second and 100 MB.
  const start = async (spec: VlmSpec, device: Device, signal: AbortSignal): Promise<ServedVlm> => {
    logStart(spec, device);
    switch (spec.backend) {
      case "transformers":
        return (await import("./vlm/transformers.ts")).startTransformersVlm(spec, device, runners, log, signal);
      case "onnx":
        return (await import("./vlm/onnx.ts")).startOnnxVlm(spec, device);
      case "simulated":
        return { ...createSimulatedVlm(spec.serving, spec.simulate), alive: true, close: async () => {} };
    }
  };

  const withEditor = async <T>(
    spec: EditorSpec,
    options: CallOptions & Waiting,
    use: (executor: ImageBackend) => Promise<T>,
  ): Promise<T> => {
    const { createFlux2Klein, startFlux2Klein } = await import("./image/flux2-klein.ts");
    const family = ["imagine", spec.backend, spec.model].join(" ");
    const key = [family, spec.serving, spec.dtype, spec.offload].join(" ");
    const begin = (device: Device, signal: AbortSignal): Promise<ModelServer> => {
      logStart(spec, device);
      return startFlux2Klein(spec, device, runners, log, signal);
    };
    const run = (server: Served): Promise<T> => use(createFlux2Klein(server as ModelServer, spec));
    return servers("imagine").use(key, "imagine", begin, run, { ...options, family });
  };

  return {
    withVlm: (role, spec, options, use) => {
      const pretended = spec.backend === "simulated" ? JSON.stringify(spec.simulate) : "";
      const key = [role, spec.backend, spec.model, spec.serving, pretended].join(" ");
      const family = [role, spec.backend, spec.model].join(" ");
      const begin = (device: Device, signal: AbortSignal): Promise<ServedVlm> => start(spec, device, signal);
      const run = async (vlm: Served) => {
        const latency = spec.backend === "simulated" ? spec.simulate?.latency_ms[role] : undefined;
        // The key begins with the role, so what it finds is what this role starts.
        return lasting(latency, options.signal, () => use(vlm as ServedVlm));
      };
      return servers(role).use(key, role, begin, run, { ...options, family });
    },
    withExecutor: (spec, options, use) => {
      if (spec.backend === "flux2-klein") return withEditor(spec, options, use);
      return leased("imagine", options, async () => {
        if (spec.backend === "scene-renderer") return use(createSceneRenderer(spec));
        const executor = createSimulatedExecutor(spec, spec.simulate);
        return lasting(spec.simulate?.latency_ms.imagine, options.signal, () => use(executor));
      });
    },
    withTrainer: (backend, simulate, options, use) =>
      leased("train", options, async (lease) => {
        if (backend === "simulated") return use(createSimulatedTrainer(simulate), lease);
        const { createTrlTrainer } = await import("./trainer/trl.ts");
        return use(createTrlTrainer(runners, lease.device, log), lease);
      }),
    close: async () => {
      await Promise.all([...serversOf.values()].map((pool) => pool.close()));
    },
  };
}

/** Makes simulated work take as long as the recipe says, its own milliseconds included. */
async function lasting<T>(latencyMs: number | undefined, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const [result] = await Promise.all([work(), latencyMs ? sleep(latencyMs, undefined, { signal }) : undefined]);
  return result;
}

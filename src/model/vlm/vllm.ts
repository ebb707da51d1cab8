import type { Logger } from "pino";
import type { Device } from "../../device/pool.ts";
import type { WarmVlm } from "../models.ts";
import { type PythonRunners, vllmRunners } from "../python.ts";
import { startPythonServer } from "../python-server.ts";
import type { VlmSpec } from "../specs.ts";
import { createServedVlm } from "./transformers.ts";

/**
 * Starts vLLM and loads the checkpoint, on one device or divided over several. Its engine works in the runner's own
 * process, without an address: leases, locks, silence and the end of a cancelled step are those of every model server.
 * Policies on the same base share one server, which loads an adapter when it is first asked for.
 */
export async function startVllm(
  spec: VlmSpec,
  devices: readonly Device[],
  runners: PythonRunners,
  log: Logger,
  signal: AbortSignal,
): Promise<WarmVlm> {
  const { model, dtype, attn_implementation, min_pixels, max_pixels, silenceMs, vllm, serving } = spec;
  const checkpoint = { serving, model, dtype, attn_implementation, min_pixels, max_pixels, ...vllm };
  const runner = { name: "vLLM server", module: "runners.vllm_server", checkpoint, silenceMs };
  const server = await startPythonServer(runner, devices, vllmRunners(runners), log, signal);
  return {
    speak: (asked) => createServedVlm(server, asked, { serving: asked.serving, adapter: asked.adapter }),
    get alive() {
      return server.alive;
    },
    close: () => server.close(),
  };
}

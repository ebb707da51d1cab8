import type { Logger } from "pino";
import { z } from "zod";
import type { Device } from "../../device/pool.ts";
import { StepFailure } from "../../failure.ts";
import type { ModelServer } from "../../process/model-server.ts";
import type { EditorSpec } from "../specs.ts";
import type { PythonRunners } from "../python.ts";
import { noteSmaller, startPythonServer } from "../python-server.ts";
import type { AskedOfEditor } from "../server-names.ts";
import type { ImageBackend } from "./backend.ts";

const edited = z.array(z.object({ status: z.enum(["ok", "refused"]), reason: z.string().optional() }));

/** Starts a Python model server on its device and loads the editor. */
export async function startFlux2Klein(
  { serving, model, dtype, offload, silenceMs }: EditorSpec,
  devices: readonly Device[],
  runners: PythonRunners,
  log: Logger,
  signal: AbortSignal,
): Promise<ModelServer> {
  const checkpoint = { serving, model, dtype, offload };
  const runner = { name: "image server", module: "runners.image_server", checkpoint, silenceMs };
  return startPythonServer(runner, devices, runners, log, signal);
}

/**
 * Speaks to a server that has loaded its editor. An answer in the name of another checkpoint than `serving` is
 * WrongPolicy; one that does not fit the question is ChildError. The views' pixels are looked at by who asked.
 */
export function createFlux2Klein(
  server: Pick<ModelServer, "request">,
  { serving, settings, micro_batch, silenceMs }: Pick<EditorSpec, "serving"> & AskedOfEditor,
): ImageBackend {
  return {
    inBatches: true,
    async edit(items, options) {
      const answer = await server.request("edit", { items, settings, micro_batch }, { ...options, silenceMs });
      if (answer.serving !== serving) {
        const [given, wanted] = [answer.serving, serving].map((digest) => digest.slice(0, 12));
        throw new StepFailure("WrongPolicy", `An image server answered for ${given} where ${wanted} was asked.`);
      }
      const parsed = edited.safeParse(answer.result);
      if (!parsed.success || parsed.data.length !== items.length) {
        const why = parsed.success
          ? `${parsed.data.length} results for ${items.length} views`
          : z.prettifyError(parsed.error);
        throw new StepFailure("ChildError", `An image server's answer does not fit the question: ${why}.`);
      }
      noteSmaller(answer, micro_batch, options.onSmallerBatch);
      return parsed.data;
    },
  };
}

import type { Logger } from "pino";
import { z } from "zod";
import type { Device } from "../../device/pool.ts";
import { StepFailure } from "../../failure.ts";
import type { ModelServer } from "../../process/model-server.ts";
import type { WarmVlm } from "../models.ts";
import type { VlmSpec } from "../specs.ts";
import type { PythonRunners } from "../python.ts";
import { noteSmaller, startPythonServer } from "../python-server.ts";
import type { AskedOfVlm } from "../server-names.ts";
import type { CallOptions, VlmBackend } from "./backend.ts";

const completion = z.object({
  text: z.string(),
  finish: z.enum(["stop", "length"]),
  tokens: z.int().min(0),
  mean_logprob: z.number(),
  retokenized_equal: z.boolean(),
  ids: z.array(z.int().min(0)).exactOptional(),
});
const sampled = z.array(z.object({ completions: z.array(completion), prompt_digest: z.string() }));
const scored = z.array(z.object({ tokens: z.int().min(1), mean_logprob: z.number(), sum_logprob: z.number() }));

/** Starts a Python model server on its device and loads the checkpoint, with its adapter if it has one. */
export async function startTransformersVlm(
  spec: VlmSpec,
  devices: readonly Device[],
  runners: PythonRunners,
  log: Logger,
  signal: AbortSignal,
): Promise<WarmVlm> {
  const { model, adapter, dtype, attn_implementation, min_pixels, max_pixels, serving, silenceMs } = spec;
  const checkpoint = { serving, model, adapter, dtype, attn_implementation, min_pixels, max_pixels };
  const runner = { name: "model server", module: "runners.vlm_server", checkpoint, silenceMs };
  const server = await startPythonServer(runner, devices, runners, log, signal);
  return {
    speak: (asked) => createServedVlm(server, asked),
    get alive() {
      return server.alive;
    },
    close: () => server.close(),
  };
}

/**
 * Speaks to a model server that has loaded its checkpoint. An answer in the name of another policy than `serving` is
 * WrongPolicy; one that does not fit the question is ChildError. Neither is ever passed on.
 * @param policy said with every request, where the server serves several
 */
export function createServedVlm(
  server: Pick<ModelServer, "request">,
  { serving, micro_batch, silenceMs }: Pick<VlmSpec, "serving"> & AskedOfVlm,
  policy: Partial<Pick<VlmSpec, "serving" | "adapter">> = {},
): VlmBackend {
  async function ask<T>(
    op: string,
    body: { items: readonly unknown[] },
    shape: z.ZodType<T[]>,
    options: CallOptions,
  ): Promise<T[]> {
    const answer = await server.request(op, { ...body, ...policy, micro_batch }, { ...options, silenceMs });
    if (answer.serving !== serving) {
      const wanted = serving.slice(0, 12);
      throw new StepFailure(
        "WrongPolicy",
        `A model server answered for ${answer.serving.slice(0, 12)} where ${wanted} was asked.`,
      );
    }
    const parsed = shape.safeParse(answer.result);
    if (!parsed.success || parsed.data.length !== body.items.length) {
      const why = parsed.success
        ? `${parsed.data.length} results for ${body.items.length} items`
        : z.prettifyError(parsed.error);
      throw new StepFailure("ChildError", `A model server's answer to "${op}" does not fit the question: ${why}.`);
    }
    noteSmaller(answer, micro_batch, options.onSmallerBatch);
    return parsed.data;
  }

  return {
    async sample(items, sampling, options) {
      const results = await ask("sample", { items, sampling } as { items: typeof items }, sampled, options);
      const short = results.findIndex((result, place) => result.completions.length !== items[place]?.seeds.length);
      if (short >= 0)
        throw new StepFailure(
          "ChildError",
          `A model server gave item ${short} another number of completions than seeds.`,
        );
      return results;
    },
    logprob: (items, options) => ask("logprob", { items }, scored, options),
  };
}

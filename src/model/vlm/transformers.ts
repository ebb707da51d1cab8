import type { Logger } from "pino";
import { z } from "zod";
import type { Device } from "../../device/pool.ts";
import type { Closable } from "../../device/server-pool.ts";
import { StepFailure } from "../../failure.ts";
import { ModelServer } from "../../process/model-server.ts";
import type { VlmSpec } from "../models.ts";
import { checkPython, type PythonRunners } from "../python.ts";
import type { CallOptions, VlmBackend } from "./backend.ts";

/** A checkpoint on a slow file system is read for minutes without a word, in ms. */
const LOAD_SILENCE_MS = 15 * 60_000;

const completion = z.object({
  text: z.string(),
  finish: z.enum(["stop", "length"]),
  tokens: z.int().min(0),
  mean_logprob: z.number(),
  retokenized_equal: z.boolean(),
});
const sampled = z.array(z.object({ completions: z.array(completion), prompt_digest: z.string() }));
const scored = z.array(z.object({ tokens: z.int().min(1), mean_logprob: z.number(), sum_logprob: z.number() }));

/** Starts a Python model server on the device and loads the checkpoint, with its adapter if it has one. */
export async function startTransformersVlm(
  spec: VlmSpec,
  device: Device,
  runners: PythonRunners,
  log: Logger,
  signal: AbortSignal,
): Promise<VlmBackend & Closable> {
  checkPython(runners);
  const { model, adapter, dtype, attn_implementation, min_pixels, max_pixels, serving } = spec;
  const checkpoint = { serving, model, adapter, dtype, attn_implementation, min_pixels, max_pixels };
  const server = await ModelServer.start(
    {
      name: "model server",
      command: runners.python,
      args: ["-m", "runners.vlm_server"],
      cwd: runners.cwd,
      env: runners.env,
      log,
      load: {
        body: { ...checkpoint, device: device.name, threads: device.threads, lock: device.lock },
        silenceMs: Math.max(LOAD_SILENCE_MS, spec.silenceMs),
      },
    },
    signal,
  );
  return {
    ...createTransformersVlm(server, spec),
    get alive() {
      return server.alive;
    },
    close: () => server.close(),
  };
}

/**
 * Speaks to a model server that has loaded its checkpoint. An answer in the name of another policy than `serving` is
 * WrongPolicy; one that does not fit the question is ChildError. Neither is ever passed on.
 */
export function createTransformersVlm(
  server: Pick<ModelServer, "request">,
  { serving, micro_batch, silenceMs }: Pick<VlmSpec, "serving" | "micro_batch" | "silenceMs">,
): VlmBackend {
  async function ask<T>(
    op: string,
    body: { items: readonly unknown[] },
    shape: z.ZodType<T[]>,
    options: CallOptions,
  ): Promise<T[]> {
    const { result, ...answer } = await server.request(op, { ...body, micro_batch }, { ...options, silenceMs });
    if (answer.serving !== serving) {
      const wanted = serving.slice(0, 12);
      throw new StepFailure(
        "WrongPolicy",
        `A model server answered for ${answer.serving.slice(0, 12)} where ${wanted} was asked.`,
      );
    }
    const parsed = shape.safeParse(result);
    if (!parsed.success || parsed.data.length !== body.items.length) {
      const why = parsed.success
        ? `${parsed.data.length} results for ${body.items.length} items`
        : z.prettifyError(parsed.error);
      throw new StepFailure("ChildError", `A model server's answer to "${op}" does not fit the question: ${why}.`);
    }
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

import type { Device } from "../../device/pool.ts";
import { StepFailure } from "../../failure.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../few-at-a-time.ts";
import type { WarmVlm } from "../models.ts";
import type { VlmSpec } from "../specs.ts";
import {
  type CallOptions,
  type Completion,
  type Message,
  promptDigest,
  type SampledItem,
  type Sampling,
  type VlmBackend,
} from "./backend.ts";
import { type Chat, openChat } from "./onnx/chat.ts";
import { type Graph, type Grid, openGraph, readGrid, readPixels } from "./onnx/graph.ts";
import { complete, type Draft, type Prompt, score } from "./onnx/answers.ts";

/**
 * A checkpoint in onnxruntime, in this process: no Python, ready in a fifth of a second. It answers greedily and scores
 * given answers, which is all that a critic does; there is no cache, so it is meant for answers of a few tokens.
 */
export async function startOnnxVlm(spec: VlmSpec, device: Device): Promise<WarmVlm> {
  if (spec.adapter !== null)
    throw new StepFailure("BadInput", "The onnx backend serves no adapters; use transformers for a policy.");
  const grid = await readGrid(spec.model);
  checkPixels(grid, spec);
  const chat = await openChat(spec.model, grid.imageTokens);
  const graph = await openGraph(spec.model, grid, chat.padId, device.threads);
  let alive = true;
  return {
    speak: ({ micro_batch }) => createOnnxVlm(graph, chat, micro_batch),
    get alive() {
      return alive;
    },
    async close() {
      alive = false;
      await graph.close();
    },
  };
}

/** The VlmBackend over an open graph; `microBatch` prompts go through it at once. */
export function createOnnxVlm(graph: Graph, chat: Chat, microBatch: number): VlmBackend {
  async function encode(messages: readonly Message[]): Promise<Prompt> {
    const paths = messages.flatMap(({ content }) =>
      content.flatMap((part) => (part.type === "image" ? [part.image] : [])),
    );
    const images = await fewAtATime(paths, FILES_AT_ONCE, (path) => readPixels(path, graph.grid));
    return { ids: chat.encodePrompt(messages), images };
  }

  const digestOf = ({ ids, images }: Prompt): string =>
    promptDigest(
      ids,
      images.map(() => graph.grid.patches),
    );

  async function inMicroBatches<I, R>(
    items: readonly I[],
    options: CallOptions,
    work: (batch: readonly I[]) => Promise<R[]>,
  ): Promise<R[]> {
    const results: R[] = [];
    while (results.length < items.length) {
      options.signal.throwIfAborted();
      results.push(...(await work(items.slice(results.length, results.length + microBatch))));
      options.onProgress(results.length, items.length);
    }
    return results;
  }

  return {
    sample(items, sampling, options) {
      refuseSampling(sampling);
      return inMicroBatches(items, options, async (batch) => {
        const prompts = await fewAtATime(batch, FILES_AT_ONCE, (item) => encode(item.messages));
        const drafts = await complete(graph, chat, prompts, sampling.max_new_tokens, options.signal);
        return batch.map((item, place): SampledItem => {
          // Greedy: whatever the seed, the completion is this one.
          const completion = asCompletion(chat, drafts[place]!);
          return { completions: item.seeds.map(() => completion), prompt_digest: digestOf(prompts[place]!) };
        });
      });
    },
    logprob: (items, options) =>
      inMicroBatches(items, options, async (batch) => {
        const prompts = await fewAtATime(batch, FILES_AT_ONCE, (item) => encode(item.messages));
        return score(
          graph,
          prompts,
          batch.map((item) => answerIds(chat, item.answer)),
        );
      }),
  };
}

function asCompletion(chat: Chat, { ids, logprobs, endLogprob }: Draft): Completion {
  const text = chat.decode(ids);
  const again = chat.encodeSaid(text);
  const equal = again.length === ids.length && again.every((id, place) => id === ids[place]);
  return {
    text,
    finish: endLogprob === undefined ? "length" : "stop",
    tokens: ids.length,
    mean_logprob: ids.length > 0 ? logprobs.reduce((sum, each) => sum + each, 0) / ids.length : endLogprob!,
    retokenized_equal: equal,
    ...(!equal && { ids: endLogprob === undefined ? ids : [...ids, chat.endId] }),
  };
}

function answerIds(chat: Chat, answer: string): number[] {
  const ids = chat.encodeText(answer);
  if (ids.length === 0) throw new StepFailure("BadInput", "An answer whose probability was asked for is empty.");
  return ids;
}

function refuseSampling({ temperature, repetition_penalty }: Sampling): void {
  if (temperature === 0 && repetition_penalty === 1) return;
  throw new StepFailure(
    "BadInput",
    "The onnx backend answers greedily (temperature 0, repetition_penalty 1); use transformers to sample.",
  );
}

function checkPixels({ width, height }: Grid, { model, min_pixels, max_pixels }: VlmSpec): void {
  if (min_pixels <= width * height && width * height <= max_pixels) return;
  throw new StepFailure(
    "BadInput",
    `${model} was exported for images of ${width} × ${height} pixels, outside of min_pixels ${min_pixels} and max_pixels ${max_pixels}.`,
  );
}

import { StepFailure } from "../../failure.ts";
import { Places } from "../../process/places.ts";
import { remembering } from "../../run/recipe-file.ts";
import { seedFor } from "../../seed.ts";
import { serviceKey } from "../../service/key.ts";
import { patiently } from "../../service/patience.ts";
import { misread, refusedBy, requestJson, type Service } from "../../service/request.ts";
import type { VlmSpec } from "../specs.ts";
import { type CallOptions, type Message, promptDigest, type Sampling, type VlmBackend } from "./backend.ts";
import { completionOf, lastLogprobs, reply, type Reply } from "./openai/replies.ts";
import { type Eyes, readEyes, type Seen, seenAs } from "./openai/seen.ts";
import { type Meant, nameServed } from "./openai/served.ts";
import { openSpelling, type Spelling } from "./openai/spelling.ts";

/** How a server of the user's own is spoken to, for a model. */
export type OpenAiSpec = Meant & Pick<VlmSpec, "min_pixels" | "max_pixels">;

/** What of the checkpoint is read here: a server is believed only as far as it can be compared. */
interface Known {
  readonly eyes: Eyes;
  readonly spelling: Spelling;
}

/**
 * Speaks to servers of the user's own, by the protocol of OpenAI's chat completions: a request for every completion, so
 * many at once for each address, whichever steps they are of. Requests that fail are asked again by the kind of their
 * failure; a permanent one, or a cancelled step, ends all that are under way.
 */
export function createOpenAiVlms(): (spec: OpenAiSpec) => VlmBackend {
  const placesOf = new Map<string, Places>();
  const checkpoints = remembering<Known>();
  return (spec) => {
    const { address, inFlight } = spec.server;
    const name = `${inFlight} ${address}`;
    const places = placesOf.get(name) ?? new Places(inFlight);
    placesOf.set(name, places);
    const known = (): Promise<Known> =>
      checkpoints(spec.serving, async () => ({
        eyes: await readEyes(spec.model),
        spelling: await openSpelling(spec.model),
      }));
    return createOpenAiVlm(spec, places, known);
  };
}

function createOpenAiVlm(spec: OpenAiSpec, places: Places, known: () => Promise<Known>): VlmBackend {
  const { server } = spec;

  /** Does all of the work at once, as far as there are places; the first failure ends the rest. */
  async function all<J, R>(
    jobs: readonly J[],
    options: CallOptions,
    work: (job: J, request: (body: object) => Promise<Reply>, known: Known) => Promise<R>,
  ): Promise<R[]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([options.signal, failed.signal]);
    const service: Service = { ...server, key: await serviceKey(server.key) };
    const name = await nameServed(service, spec, signal);
    const request = (body: object): Promise<Reply> =>
      patiently(server.patienceMs, signal, () => askOnce(service, name, body, signal));
    const checkpoint = await known();
    let done = 0;
    const results = await Promise.allSettled(
      jobs.map((job) =>
        places
          .in(signal, async () => {
            const result = await work(job, request, checkpoint);
            options.onProgress(++done, jobs.length);
            return result;
          })
          .catch((error: unknown) => {
            failed.abort(error);
            throw error;
          }),
      ),
    );
    // What the others were ended with.
    signal.throwIfAborted();
    return results.map((result) => (result as PromiseFulfilledResult<R>).value);
  }

  return {
    async sample(items, sampling, options) {
      const shown = items.map(({ messages, seeds }) => shared(seeds.length, show(messages, spec)));
      const jobs = items.flatMap(({ seeds }, place) => seeds.map((seed) => ({ place, seed })));
      const said = await all(jobs, options, async ({ place, seed }, request, { eyes, spelling }) => {
        refuseSpelt(items[place]!.messages, spelling);
        const prompt = await shown[place]!(eyes);
        const answer = await request({
          messages: prompt.messages,
          ...settingsOf(sampling, seed),
          logit_bias: Object.fromEntries(eyes.unspeakable.map((id) => [id, NEVER])),
          ...(server.needs !== "text" && { logprobs: true }),
          return_token_ids: true,
        });
        const prompt_digest = digestOf(spec, answer, prompt, eyes);
        return { place, prompt_digest, completion: completionOf(server.address, answer, server.needs, spelling) };
      });
      return items.map((_, at) => {
        const own = said.filter(({ place }) => place === at);
        return { completions: own.map(({ completion }) => completion), prompt_digest: own[0]?.prompt_digest ?? "" };
      });
    },
    logprob: (items, options) =>
      all(items, options, async ({ messages, answer }, request, { eyes, spelling }) => {
        refuseSpelt([...messages, { role: "assistant", content: [{ type: "text", text: answer }] }], spelling);
        const prompt = await show(messages, spec)(eyes);
        const ids = spelling.encode(answer);
        const read = await request({
          messages: [...prompt.messages, { role: "assistant", content: answer }],
          add_generation_prompt: false,
          continue_final_message: true,
          prompt_logprobs: 0,
          max_tokens: 1,
          temperature: 0,
          return_token_ids: true,
        });
        digestOf(spec, read, prompt, eyes);
        const sum = ids.length === 0 ? undefined : lastLogprobs(read, ids);
        if (sum !== undefined) return { tokens: ids.length, mean_logprob: sum / ids.length, sum_logprob: sum };
        throw new StepFailure(
          "BadInput",
          `The server at ${server.address} does not say how likely a given answer is (prompt_logprobs of its tokens, as vLLM does); use backend transformers or vllm, or a scoring that does not ask it.`,
        );
      }),
  };
}

/** One request. An answer in the name of another model than was asked is never passed on. */
async function askOnce(service: Service, model: string, body: object, signal: AbortSignal): Promise<Reply> {
  const said = await requestJson(service, { path: "chat/completions", body: { model, ...body } }, signal).catch(
    (error: unknown) => {
      if (refusedBy(error) !== NOT_FOUND) throw error;
      // It was there when it was looked for: a server that was started again has forgotten its adapters.
      throw new StepFailure("WrongPolicy", `The server at ${service.address} does not serve ${model} any more.`);
    },
  );
  const read = reply.safeParse(said);
  if (!read.success) throw misread(service, "in another shape than chat completions have", JSON.stringify(said));
  if (read.data.model === model) return read.data;
  throw new StepFailure(
    "WrongPolicy",
    `The server at ${service.address} answered for ${read.data.model} where ${model} was asked.`,
  );
}

const NOT_FOUND = 404;
/** Added to a token's logit: the least that the protocol knows, and enough. */
const NEVER = -100;
/** Bits of a seed that every server takes. */
const SEED_BITS = 31;

/** Every setting, so that none of the server's or the checkpoint's own has a say. */
function settingsOf(sampling: Sampling, seed: string): object {
  const { temperature, top_p, top_k, min_p, repetition_penalty, max_new_tokens } = sampling;
  return {
    temperature,
    top_p,
    top_k: top_k === 0 ? -1 : top_k,
    min_p,
    repetition_penalty,
    max_tokens: max_new_tokens,
    seed: Number.parseInt(seedFor("openai", seed).slice(0, 8), 16) >>> (32 - SEED_BITS),
    skip_special_tokens: false,
  };
}

interface Shown {
  readonly messages: readonly object[];
  readonly seen: readonly Seen[];
}

/** The messages as they are sent. */
function show(messages: readonly Message[], limits: OpenAiSpec): (eyes: Eyes) => Promise<Shown> {
  return async (eyes) => {
    const seen: Seen[] = [];
    const sent: object[] = [];
    for (const { role, content } of messages) {
      const parts: object[] = [];
      for (const part of content) {
        if (part.type === "text") {
          parts.push(part);
          continue;
        }
        const image = await seenAs(part.image, eyes, limits);
        seen.push(image);
        parts.push({ type: "image_url", image_url: { url: image.url } });
      }
      sent.push({ role, content: parts });
    }
    return { messages: sent, seen };
  };
}

/** An item's images are read when its first completion is asked, and kept until its last one is. */
function shared<T>(times: number, make: (eyes: Eyes) => Promise<T>): (eyes: Eyes) => Promise<T> {
  let left = times;
  let made: Promise<T> | undefined;
  return (eyes) => {
    const own = (made ??= make(eyes));
    left -= 1;
    if (left === 0) made = undefined;
    return own;
  };
}

function refuseSpelt(messages: readonly Message[], spelling: Spelling): void {
  for (const part of messages.flatMap(({ content }) => content)) {
    const token = part.type === "text" ? spelling.spelt(part.text) : undefined;
    if (token === undefined) continue;
    throw new StepFailure(
      "BadInput",
      `A text spells out the control token ${token}, which a server would take for one; take it out of the data, or use backend transformers or vllm.`,
    );
  }
}

/**
 * What the server read of a prompt, as every backend's digest says it; empty where the server does not tell its tokens.
 * @throws {StepFailure} BadInput where it saw the images in another size than the recipe says
 */
function digestOf(
  { server, min_pixels, max_pixels }: OpenAiSpec,
  { prompt_token_ids: ids }: Reply,
  { seen }: Shown,
  { merge, imageId }: Eyes,
): string {
  if (!ids) {
    if (server.needs !== "ids") return "";
    throw new StepFailure(
      "BadInput",
      `The server at ${server.address} does not say which tokens it read (return_token_ids, as vLLM does); what is trained on needs them.`,
    );
  }
  const wanted = seen.reduce((sum, { grid: [, height, width] }) => sum + (height * width) / merge ** 2, 0);
  const read = ids.filter((id) => id === imageId).length;
  if (read !== wanted) {
    const limits = JSON.stringify({ min_pixels, max_pixels });
    throw new StepFailure(
      "BadInput",
      `The server at ${server.address} reads a prompt's images as ${read} tokens where min_pixels and max_pixels make ${wanted}; start it with --mm-processor-kwargs '${limits}'.`,
    );
  }
  return promptDigest(
    ids,
    seen.map(({ grid }) => grid),
  );
}

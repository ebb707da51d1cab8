import { z } from "zod";
import { reasonOf, StepFailure } from "../failure.ts";

/** A service that speaks the protocol of OpenAI's chat completions. */
export interface ChatService {
  /** "https://openrouter.ai/api/v1". */
  readonly address: string;
  readonly model: string;
  readonly key: string | null;
  /** The longest it may take to answer, in ms. */
  readonly timeoutMs: number;
}

export interface ChatRequest {
  readonly prompt: string;
  /** A data URL. */
  readonly image: string;
  /** Tokens. */
  readonly maxTokens: number;
}

export interface ChatAnswer {
  readonly text: string;
  readonly usage: Usage;
}

/** What an answer says that it took; `cost` in US dollars, where the service says it. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: number | null;
}

const answer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
  usage: z.object({
    prompt_tokens: z.number().min(0),
    completion_tokens: z.number().min(0),
    cost: z.number().min(0).nullish(),
  }),
});

/** Characters of what a service said that are repeated. */
const SHOWN = 200;

/**
 * Asks once. What may go better the next time is Infrastructure, with the time that the service asked to be left alone;
 * what will not is BadInput.
 */
export async function askChat(service: ChatService, request: ChatRequest, signal: AbortSignal): Promise<ChatAnswer> {
  const { address, model, key, timeoutMs } = service;
  const late = AbortSignal.timeout(timeoutMs);
  const body = {
    model,
    temperature: 0,
    max_tokens: request.maxTokens,
    usage: { include: true },
    messages: [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: request.image } },
          { type: "text", text: request.prompt },
        ],
      },
    ],
  };
  try {
    const response = await fetch(`${address.replace(/\/$/, "")}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key !== null && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, late]),
    });
    const text = await response.text();
    if (!response.ok) throw refused(service, response, text);
    return answerOf(service, text);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StepFailure) throw error;
    const why = late.aborted ? `did not answer in ${timeoutMs / 1000} s` : `cannot be reached (${reasonOf(error)})`;
    // No cause: it holds the request, and so the key.
    throw new StepFailure("Infrastructure", `The service at ${address} ${why}.`);
  }
}

function answerOf(service: ChatService, text: string): ChatAnswer {
  let read;
  try {
    read = answer.safeParse(JSON.parse(text));
  } catch {
    throw new StepFailure(
      "Infrastructure",
      `The service at ${service.address} answered with broken JSON: ${shown(service, text)}`,
    );
  }
  if (!read.success) {
    throw new StepFailure(
      "Infrastructure",
      `The service at ${service.address} answered without choices or usage: ${shown(service, text)}`,
    );
  }
  const { choices, usage } = read.data;
  return {
    text: choices[0]!.message.content,
    usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens, cost: usage.cost ?? null },
  };
}

/** Statuses that another attempt may change; all of 500 and above besides. */
const PASSING = [408, 409, 425, 429];

function refused(service: ChatService, response: Response, text: string): StepFailure {
  const { status, headers } = response;
  const told = `The service at ${service.address} answered ${status}: ${shown(service, text)}`;
  if (PASSING.includes(status) || status >= 500) {
    return new StepFailure("Infrastructure", told, {
      retryAfterMs: retryAfter(headers.get("retry-after"), Date.now()),
    });
  }
  return new StepFailure("BadInput", told);
}

/** The time of a Retry-After header in ms: seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : undefined;
}

/** A service may repeat what it was sent. */
function shown({ key }: ChatService, text: string): string {
  const safe = key === null ? text : text.replaceAll(key, "…");
  return safe.length <= SHOWN ? safe : `${safe.slice(0, SHOWN)}…`;
}

import { z } from "zod";
import { misread, requestJson, type Service } from "./request.ts";

/** A service that speaks the protocol of OpenAI's chat completions. */
export interface ChatService extends Service {
  readonly model: string;
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

/** Asks once, greedily. Failures are those of `requestJson`. */
export async function askChat(service: ChatService, request: ChatRequest, signal: AbortSignal): Promise<ChatAnswer> {
  const body = {
    model: service.model,
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
  const said = await requestJson(service, { path: "chat/completions", body }, signal);
  const read = answer.safeParse(said);
  if (!read.success) throw misread(service, "without choices or usage", JSON.stringify(said));
  const { choices, usage } = read.data;
  return {
    text: choices[0]!.message.content,
    usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens, cost: usage.cost ?? null },
  };
}

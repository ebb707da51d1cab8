import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "node:stream/consumers";

/** What is read of a request for a completion. */
export interface Wanted {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly seed: number;
  readonly [setting: string]: unknown;
}

/** What goes wrong with a request, the first being number 0: it is answered in another way, or the connection breaks. */
export type Fault =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly change: object }
  | "half"
  | "broken"
  | undefined;

export interface HostOptions {
  /** As GET /v1/models lists them. */
  readonly models: { id: string; root?: string; parent?: string }[];
  /** How long an answer takes, in ms. */
  readonly latencyMs?: number;
  readonly fault?: (number: number, wanted: Wanted) => Fault;
  /** Does it load adapters? */
  readonly loads?: boolean;
  readonly say?: (wanted: Wanted) => string;
  readonly port?: number;
}

/** A server as users have them: what it says derives from the model, the messages and the seed. */
export async function openAiHost(options: HostOptions) {
  const { models, latencyMs = 0, fault, loads = false, say = pairwiseSay } = options;
  const seen: Wanted[] = [];
  const paths: string[] = [];
  const keys: (string | undefined)[] = [];
  const under = { way: 0, most: 0, gone: 0 };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    paths.push(`${request.method} ${request.url}`);
    keys.push(request.headers.authorization);
    const send = (status: number, body: unknown, headers = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (request.url === "/v1/models") return send(200, { object: "list", data: models });
    if (request.url === "/v1/load_lora_adapter") {
      if (!loads) return send(404, { detail: "Not Found" });
      const { lora_name, lora_path } = JSON.parse(await text(request)) as { lora_name: string; lora_path: string };
      if (models.some(({ id }) => id === lora_name)) return send(400, "it has been loaded already");
      models.push({ id: lora_name, root: lora_path, parent: models[0]!.id });
      return send(200, `Success: LoRA adapter '${lora_name}' added successfully.`);
    }
    const wanted = JSON.parse(await text(request)) as Wanted;
    const number = seen.push(wanted) - 1;
    under.way += 1;
    under.most = Math.max(under.most, under.way);
    response.on("close", () => {
      under.way -= 1;
      if (!response.writableEnded) under.gone += 1;
    });
    await sleep(latencyMs);
    const wrong = fault?.(number, wanted);
    if (wrong === "broken") return void request.socket.destroy();
    if (wrong === "half") return send(200, JSON.stringify(completion(wanted, say(wanted))).slice(0, 40));
    if (wrong !== undefined && "status" in wrong) return send(wrong.status, wrong.body ?? "no", wrong.headers);
    if (!models.some(({ id }) => id === wanted.model)) return send(404, "no such model");
    send(200, { ...completion(wanted, say(wanted)), ...wrong?.change });
  }
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/v1`,
    port,
    seen,
    paths,
    keys,
    under,
    async close(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What a model says of two pictures; now and then it forgets its verdict. */
function pairwiseSay({ model, messages, seed }: Wanted): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([model, messages, seed]))
    .digest();
  const verdict = digest[0]! < 20 ? "" : `<answer>Image ${1 + (digest[1]! % 2)} is better</answer>`;
  return `<think>Looked at ${digest.readUInt16LE(2)} points.</think>${verdict}`;
}

/** In the shape of an answer. A token of two characters each, and the end behind them. */
export function completion({ model }: Wanted, content: string, finish = "stop"): object {
  const tokens = [...(content.match(/..?/gsu) ?? []), ...(finish === "stop" ? ["<|im_end|>"] : [])];
  return {
    model,
    choices: [
      {
        index: 0,
        finish_reason: finish,
        message: { role: "assistant", content },
        logprobs: { content: tokens.map((token, at) => ({ token, logprob: -(at + 1) / 8 })) },
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: tokens.length },
  };
}

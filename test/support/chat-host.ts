import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a request was, as the service saw it. */
export interface SeenRequest {
  readonly authorization: string | undefined;
  readonly prompt: string;
  /** Of the picture, in base64. */
  readonly image: string;
}

/** How a request is answered: a status with a body, half of a body, or never. */
export type Reply =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | "half"
  | "nothing";

/** A local service that speaks the protocol of chat completions. */
export async function chatHost(reply: (request: SeenRequest, number: number) => Reply) {
  const seen: SeenRequest[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { messages } = JSON.parse(await text(request)) as {
      messages: { content: [{ image_url: { url: string } }, { text: string }] }[];
    };
    const [image, asked] = messages[0]!.content;
    seen.push({
      authorization: request.headers.authorization,
      prompt: asked.text,
      image: image.image_url.url.split(",")[1]!,
    });
    const how = reply(seen.at(-1)!, seen.length);
    if (how === "nothing") return;
    if (how === "half") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(said("Put").slice(0, 20));
      return;
    }
    response.writeHead(how.status, how.headers);
    response.end(how.body);
  }
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An answer's body: so many prompt tokens and twenty of its own. */
export function said(content: string, cost?: number): string {
  const usage = { prompt_tokens: 1000, completion_tokens: 20, ...(cost !== undefined && { cost }) };
  return JSON.stringify({ choices: [{ message: { role: "assistant", content } }], usage });
}

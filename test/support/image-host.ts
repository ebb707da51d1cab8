import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { picture } from "./data.ts";

/** What a host does with the n-th request for a path, counted from 1. */
export type Answer = (response: ServerResponse, nth: number, request: IncomingMessage) => void;

export interface ImageHost {
  /** "http://127.0.0.1:40123" */
  readonly address: string;
  /** Requests by path, in the order in which they came. */
  readonly asked: readonly string[];
  /** The most requests that it worked on at once. */
  readonly most: () => number;
}

/** A host of the running test's own. Paths without an answer are not found. */
export async function imageHost(answers: Readonly<Record<string, Answer>>): Promise<ImageHost> {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    most = Math.max(most, ++running);
    response.on("close", () => running--);
    const answer = answers[path] ?? answers["*"];
    if (answer) answer(response, asked.filter((each) => each === path).length, request);
    else response.writeHead(404).end("not here");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, most: () => most };
}

/** The bytes of a small picture. */
export function png(number: number): Promise<Buffer> {
  return picture(number).png().toBuffer();
}

/** Answers with these bytes. */
export function sends(bytes: Buffer | string, type = "image/png"): Answer {
  return (response) => void response.writeHead(200, { "content-type": type }).end(bytes);
}

/** An address that nobody listens on: of a port that was free a moment ago. */
export async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

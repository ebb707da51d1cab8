/**
 * A service on this machine that plans in the toy's rooms, as one outside would: it speaks the protocol of OpenAI's chat
 * completions over HTTP, knows a room by the bytes of its picture, and serves while the command behind `--` runs.
 *
 *     node demo/world/plan-service.ts --rooms FOLDER [--port 8377] -- bin/snowball run configs/harp.demo.yaml
 *
 * What it knows is in room-<n>.json, which write-rooms.ts wrote.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { z } from "zod";
import { randomOf } from "./random.ts";
import type { Room } from "./rooms.ts";

const PORT = "8377";

/** Share of the plans that make a detour: a service plans as it does, not as it could. */
const DETOURS = 0.6;

type Known = Pick<Room, "tables" | "floor">;

/** What is asked, and a picture: all that this service reads of a request. */
const request = z.object({
  messages: z.tuple([
    z.object({
      content: z.tuple([
        z.object({ image_url: z.object({ url: z.string().startsWith("data:image/png;base64,") }) }),
        z.object({ text: z.string() }),
      ]),
    }),
  ]),
});

/** Rooms by the digest of their picture. */
async function roomsIn(folder: string): Promise<Map<string, Known>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const rooms = names.map(async (name): Promise<[string, Known]> => {
    const picture = await readFile(join(folder, name.replace(".json", "_0.png")));
    return [digestOf(picture), JSON.parse(await readFile(join(folder, name), "utf8")) as Known];
  });
  return new Map(await Promise.all(rooms));
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What there is in a room, and as many tasks as are wanted and possible; or the plans of tasks. */
function answerOf({ tables, floor }: Known, digest: string, asked: string): object {
  const told = [...asked.matchAll(/^\d+\. Put what is on the (.+) on the (.+)\.$/gm)];
  if (told.length > 0)
    return { plans: told.map(([task, from = "", to = ""]) => planOf(tables, digest + task, from, to)) };
  const held = tables.flatMap(({ holds }) => holds ?? []);
  const tasks = tables
    .filter(({ holds }) => holds !== null)
    .flatMap(({ name: from }) => tables.map(({ name: to }) => ({ from, to })))
    .filter(({ from, to }) => from !== to)
    .map(({ from, to }) => `Put what is on the ${from} on the ${to}.`);
  const wanted = Number(/then (\d+) different/.exec(asked)?.[1] ?? tasks.length);
  return { things: [...held, ...floor, ...tables.map(({ name }) => name)], tasks: tasks.slice(0, wanted) };
}

/** Right, and often longer than need be: by way of the table that the task is not about. */
function planOf(tables: Known["tables"], noise: string, from: string, to: string): string[] {
  const holds = tables.find(({ name }) => name === from)?.holds;
  const other = tables.find(({ name }) => name !== from && name !== to)?.name;
  const detour = randomOf(noise).chance(DETOURS) ? [`Navigate(${other})`] : [];
  return [...detour, `Navigate(${from})`, `Pick(${holds})`, `Navigate(${to})`, `Place(${to})`];
}

async function answer(rooms: ReadonlyMap<string, Known>, from: IncomingMessage, to: ServerResponse): Promise<void> {
  const read = request.safeParse(await json(from));
  const [picture, asked] = read.success ? read.data.messages[0].content : [];
  const digest = digestOf(Buffer.from(picture?.image_url.url.split(",")[1] ?? "", "base64"));
  const room = rooms.get(digest);
  to.setHeader("content-type", "application/json");
  if (room === undefined) {
    to.writeHead(404).end(
      JSON.stringify({ error: { message: "This service knows the rooms of write-rooms.ts alone." } }),
    );
    return;
  }
  const content = JSON.stringify(answerOf(room, digest, asked!.text));
  const usage = { prompt_tokens: 0, completion_tokens: 0, cost: 0 };
  to.end(JSON.stringify({ choices: [{ message: { role: "assistant", content } }], usage }));
}

const { values, positionals } = parseArgs({
  options: { rooms: { type: "string" }, port: { type: "string", default: PORT } },
  allowPositionals: true,
});
const [command, ...args] = positionals;
if (values.rooms === undefined || command === undefined) {
  throw new Error("Usage: node demo/world/plan-service.ts --rooms FOLDER [--port 8377] -- COMMAND");
}
const rooms = await roomsIn(values.rooms);
const server = createServer((from, to) => void answer(rooms, from, to));
await new Promise<void>((resolve, reject) => {
  server.once("error", ({ message }) => {
    reject(
      new Error(
        `The service cannot listen on port ${values.port} (${message}); name another one with --port, and in plans.address.`,
      ),
    );
  });
  server.listen(Number(values.port), "127.0.0.1", resolve);
});
// ^C reaches the command too, which ends in its own way.
process.on("SIGINT", () => {});
const { exitCode } = await execa(command, args, { stdio: "inherit", reject: false });
server.closeAllConnections();
server.close();
process.exitCode = exitCode ?? 1;

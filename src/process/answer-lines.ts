import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { StepFailure } from "../failure.ts";
import { splitLines } from "../split-lines.ts";
import { temporaryFolder } from "./environment.ts";

/** Bytes of a socket's path that every system takes: macOS has 104, with the zero at the end. */
const PATH_BYTES = 103;

/** A Unix socket on which children ask this process. */
export interface AnsweringSocket {
  readonly path: string;
  /** Ends all lines and removes the socket. */
  close(): Promise<void>;
}

/**
 * Opens a socket in a folder of its own that answers every line, a JSON value, with a line, a JSON value, in order. What
 * `answer` throws is answered as `{error: {type, message}}`: whoever asks decides what becomes of it.
 */
export async function answerLines(answer: (request: unknown) => unknown): Promise<AnsweringSocket> {
  const folder = await shortFolder();
  const path = join(folder, "s");
  const open = new Set<Socket>();
  const server = createServer((line) => {
    open.add(line);
    line.once("close", () => open.delete(line));
    // Whoever asked is gone; how it ended is told by its exit.
    line.on("error", () => undefined);
    void speak(line, answer).finally(() => line.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const line of open) line.destroy();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function speak(line: Socket, answer: (request: unknown) => unknown): Promise<void> {
  try {
    for await (const { text, torn } of splitLines(line)) {
      if (!torn) line.write(`${JSON.stringify(await answered(text, answer))}\n`);
    }
  } catch {
    // The line broke while it was read: nobody is left to be answered.
  }
}

async function answered(text: string, answer: (request: unknown) => unknown): Promise<unknown> {
  try {
    return await answer(JSON.parse(text));
  } catch (error) {
    const type = error instanceof StepFailure ? error.type : "Infrastructure";
    return { error: { type, message: error instanceof Error ? error.message : String(error) } };
  }
}

/** A system's folder for temporary files may have a long name, a socket's path may not. */
async function shortFolder(): Promise<string> {
  const name = "snowball-";
  const own = temporaryFolder();
  const fits = Buffer.byteLength(join(own, `${name}XXXXXX`, "s")) <= PATH_BYTES;
  return mkdtemp(join(fits ? own : "/tmp", name));
}

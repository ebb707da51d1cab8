import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A line of JSON for a line of JSON, at a Unix socket, to any number of child processes. */
export interface LineServer {
  readonly path: string;
  /** Ends all connections; whoever asks after that finds nobody. */
  close(): Promise<void>;
}

/**
 * Answers requests of child processes. A request that cannot be answered is answered with {error: the sentence}, which
 * is the child's to report.
 *
 * The socket lies in a folder of its own below the system's temporary one, for its owner alone: a socket's path has
 * about a hundred bytes, and the state folder may lie deeper than that.
 */
export async function serveLines(answer: (request: unknown) => unknown): Promise<LineServer> {
  const folder = await mkdtemp(join(tmpdir(), "sb-"));
  const path = join(folder, "s");
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // A child that was killed in the middle of a line is missed elsewhere.
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket }).on("line", (line) => {
      socket.write(`${JSON.stringify(replyTo(line, answer))}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    path,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function replyTo(line: string, answer: (request: unknown) => unknown): unknown {
  try {
    return answer(JSON.parse(line));
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

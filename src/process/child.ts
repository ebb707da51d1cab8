import { randomUUID } from "node:crypto";
import { execa } from "execa";
import type { Logger } from "pino";
import { StepFailure } from "../failure.ts";
import { type Line, splitLines } from "../split-lines.ts";
import { type Ending, keepLastLines } from "./ending.ts";
import { childEnvironment } from "./environment.ts";
import { killTree, MARK } from "./tree.ts";
import { within } from "./silence.ts";

/** A program to run as a child. */
export interface ChildSpec {
  /** What a person calls it: "planner", "trainer". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Added to what a child gets of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may tidy up after SIGTERM or the end of stdin before it is killed, in ms. */
  readonly graceMs?: number;
  readonly log?: Logger;
}

/** Long enough for a trainer to finish a checkpoint at toy size and for CUDA to let go; recipes may say more. */
const GRACE_MS = 10_000;

export interface Child {
  readonly pid: number;
  /** False from the moment it exits or is told to. */
  readonly alive: boolean;
  /** stdout. To be read once, to its end. */
  readonly lines: AsyncIterable<Line>;
  write(text: string): void;
  /** Closes stdin, which tells a runner to leave; kills what is left after the grace time. */
  leave(): Promise<void>;
  /** SIGTERM to the group, then, after the grace time, SIGKILL to whatever is left of the tree. */
  stop(): Promise<void>;
  /** Resolves when the whole tree is dead, however it came to that. */
  readonly ended: Promise<Ending>;
}

/**
 * Starts a child with its own process group and marks its tree. stdin stays open as long as this process lives: its end
 * is how a child learns of our death. Throws BadInput if there is no such program.
 */
export async function startChild(spec: ChildSpec): Promise<Child> {
  const mark = randomUUID();
  const subprocess = execa(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...childEnvironment(), ...spec.env, [MARK]: mark },
    extendEnv: false,
    stdin: "pipe",
    buffer: false,
    reject: false,
    killDescendants: true,
    // The escalation is ours: it has to reach further than the process group.
    forceKillAfterDelay: false,
  });
  const { pid, stdin, stdout, stderr } = subprocess;
  if (pid === undefined) throw cannotStart(spec, await subprocess);
  const leader: number = pid;

  let running = true;
  const exited = new Promise<void>((resolve) => {
    subprocess.nodeChildProcess.once("exit", () => {
      running = false;
      resolve();
    });
  });
  const words = keepLastLines(stderr, spec.name, spec.log);
  // Writing to a dead child fails with EPIPE; that it is dead is told by its exit.
  stdin.on("error", () => undefined);

  let told = false;
  let stopping: Promise<void> | undefined;
  const ended = (async (): Promise<Ending> => {
    await exited;
    // Not only when we kill it: a leader that dies by itself leaves ranks and loader processes behind on the device.
    await killTree(mark, leader);
    const { exitCode, signal } = await subprocess;
    return { exitCode, signal, words };
  })();

  async function endWith(ask: () => void): Promise<void> {
    told = true;
    ask();
    await within(spec.graceMs ?? GRACE_MS, exited);
    await killTree(mark, leader);
    await ended;
  }

  return {
    pid: leader,
    get alive() {
      return running && !told;
    },
    lines: splitLines(stdout),
    write: (text) => void stdin.write(text),
    leave: () => (stopping ??= endWith(() => stdin.end())),
    async stop() {
      // Later the group's id may already belong to somebody else.
      if (running) subprocess.kill("SIGTERM");
      await (stopping ??= endWith(() => undefined));
    },
    ended,
  };
}

function cannotStart(
  spec: ChildSpec,
  result: { shortMessage?: string | undefined; code?: string | undefined },
): StepFailure {
  const type = result.code === "ENOENT" || result.code === "EACCES" ? "BadInput" : "Infrastructure";
  const message = `The ${spec.name} could not be started with ${spec.command} in ${spec.cwd}: ${result.code ?? result.shortMessage}.`;
  return new StepFailure(type, message);
}

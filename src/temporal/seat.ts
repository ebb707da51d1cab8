import { join } from "node:path";
import { z } from "zod";
import { writeJson } from "../artifact/files.ts";
import { StepFailure } from "../failure.ts";
import { type FileLock, tryLock, waitFor } from "../process/file-lock.ts";
import { fateOf, knownProcess } from "../process/identity.ts";
import { makeStateFolder, processShape } from "./embedded.ts";
import { readState } from "./state-file.ts";

const holderShape = processShape.extend({
  /** What it was started as: "snowball run my.yaml". */
  command: z.string(),
  /** Does it stay until it is told to go, as `snowball up` does? */
  lasting: z.boolean(),
});
/** The command that runs the server of a state folder. */
export type Holder = z.infer<typeof holderShape>;

export interface SeatOptions {
  readonly stateFolder: string;
  readonly holder?: Pick<Holder, "command" | "lasting">;
  /** Ends a wait for the seat. */
  readonly signal?: AbortSignal | undefined;
  /** Told whom a wait is for, when it grows long. */
  readonly say?: ((line: string) => void) | undefined;
}

/** The right to run the server of a state folder: two on one database would corrupt each other's view of it. */
export async function trySeat({ stateFolder, holder }: SeatOptions): Promise<FileLock | null> {
  makeStateFolder(stateFolder);
  const seat = tryLock(join(stateFolder, "host.lock"));
  if (seat === null) return null;
  try {
    const { command, lasting } = holder ?? { command: "a program", lasting: false };
    await writeJson(fileOf(stateFolder), { ...knownProcess(process.pid), command, lasting } satisfies Holder);
    return seat;
  } catch (error) {
    seat.release();
    throw error;
  }
}

/**
 * Waits for the seat, or for the server of whoever has it.
 * @param running the server of the state folder, when it answers
 * @throws {StepFailure} BadInput when the holder is on another host, and its server is out of reach
 */
export function seatOr<T>(options: SeatOptions, running: () => Promise<T | null>): Promise<FileLock | T> {
  const { stateFolder, signal, say } = options;
  const onLong = (): void => {
    const holder = holderOf(stateFolder);
    if (holder !== null && fateOf(holder) === "elsewhere") throw outOfReach(stateFolder, holder);
    say?.(`Waiting for ${wordsOf(holder)}, which starts or stops the server of ${stateFolder}.`);
  };
  return waitFor<FileLock | T>(async () => (await trySeat(options)) ?? (await running()), { signal, onLong });
}

/** Who has the seat, or had it last; null when nobody said so. */
export function holderOf(stateFolder: string): Holder | null {
  return readState(fileOf(stateFolder), holderShape);
}

export function wordsOf(holder: Holder | null): string {
  if (holder === null) return "another process";
  const { pid, command, host } = holder;
  return `process ${pid} (${command})${fateOf(holder) === "elsewhere" ? ` on ${host}` : ""}`;
}

function outOfReach(stateFolder: string, holder: Holder): StepFailure {
  return new StepFailure(
    "BadInput",
    `The server of ${stateFolder} belongs to ${wordsOf(holder)} and does not answer here; ` +
      "work there, or run a Temporal server for all hosts and set TEMPORAL_ADDRESS.",
  );
}

function fileOf(stateFolder: string): string {
  return join(stateFolder, "host.json");
}

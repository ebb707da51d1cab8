import { StepFailure } from "../failure.ts";
import { lastLine } from "../temporal/server-log.ts";

/** Something that runs until it is stopped, and may die before. */
export interface Running {
  /** Resolves with its exit status. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

export interface Supervised {
  stop(): Promise<void>;
  /** Rejects when it keeps dying; pending until then. */
  readonly hopeless: Promise<never>;
}

/** So many ends within so long a time are no accident. */
const ENDS = 5;
const WITHIN_MS = 60_000;

export interface SuperviseOptions<T extends Running> {
  /** What a person calls it. */
  readonly name: string;
  /** Starts it, the first time and again. */
  readonly start: (previous: T | null) => Promise<T>;
  readonly say: (line: string) => void;
  /** What to look at when it keeps dying. */
  readonly logFile: string;
}

/** Starts something and starts it again, with one line that says so, whenever it dies. */
export async function supervise<T extends Running>(options: SuperviseOptions<T>): Promise<Supervised> {
  const { name, start, say, logFile } = options;
  let running = await start(null);
  let stopping = false;
  const ends: number[] = [];

  const keep = async (): Promise<never> => {
    for (;;) {
      const status = await running.ended;
      // Whoever stops it waits for the stop itself.
      if (stopping) return new Promise<never>(() => {});
      ends.push(Date.now());
      const recent = ends.filter((at) => Date.now() - at < WITHIN_MS).length;
      if (recent >= ENDS) {
        const last = lastLine(logFile);
        throw new StepFailure(
          "Infrastructure",
          `The ${name} ended ${recent} times within a minute; ${logFile} says why${last === "" ? "." : `: ${last}`}`,
        );
      }
      say(`The ${name} ended (exit status ${status}) and is started again.`);
      running = await start(running);
      if (stopping) await running.stop();
    }
  };
  const hopeless = keep();
  // It may reject while nobody waits for it; whoever does gets the rejection all the same.
  hopeless.catch(() => {});
  return {
    hopeless,
    stop: async () => {
      stopping = true;
      await running.stop();
    },
  };
}

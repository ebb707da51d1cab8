import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { hash } from "node:crypto";
import { join } from "node:path";
import { codeOf, isMissing } from "../../artifact/disk.ts";
import type { GivenImage } from "../../image/check.ts";
import { splitLines } from "../../split-lines.ts";

/** Raise when the meaning of what is found of an image changes: what was found before is then looked at again. */
const VERSION = 1;

/** Images between two writes: what a killed import has to look at again. */
const PER_WRITE = 32;

/** Hex digits of a line's checksum. */
const CHECKSUM = 16;

/** What was found of the images of a folder, by the files' looks. */
export interface LookedAt {
  /** What was found of a file that has this look; undefined for one that was never seen, or has changed. */
  found(path: string, look: string): GivenImage | undefined;
  keep(path: string, look: string, image: GivenImage): Promise<void>;
  close(): Promise<void>;
}

type Line = readonly [path: string, look: string, image: GivenImage];

/**
 * Opens the memory of a folder's images. It is a file that lines are added to, so that an import that was cut short,
 * however it ended, goes on where it was. It may be lost at any time, which costs time alone: a line that is torn or
 * not its checksum's is left out.
 * @param memory folder that belongs to this host
 * @param images absolute, real path of the folder of the images
 */
export async function openLookedAt(memory: string, images: string): Promise<LookedAt> {
  const file = join(memory, `${hash("sha256", images).slice(0, 40)}.jsonl`);
  const known = new Map<string, Line>();
  for await (const line of linesOf(file)) known.set(line[0], line);
  const handle = await openForMore(memory, file);
  let waiting: string[] = [];
  // One write at a time: a write that is under way must not be overtaken.
  let written = Promise.resolve();
  const write = (): Promise<void> => {
    const text = waiting.join("");
    waiting = [];
    if (text !== "") written = written.then(() => handle?.appendFile(text));
    return written;
  };
  return {
    found(path, look) {
      const line = known.get(path);
      return line?.[1] === look ? line[2] : undefined;
    },
    async keep(path, look, image) {
      const text = JSON.stringify([path, look, image]);
      waiting.push(`${checksum(text)} ${text}\n`);
      if (waiting.length >= PER_WRITE) await write();
    },
    async close() {
      try {
        await write();
      } finally {
        await handle?.close();
      }
    },
  };
}

async function* linesOf(file: string): AsyncGenerator<Line> {
  try {
    for await (const { text } of splitLines(createReadStream(file))) {
      const said = text.slice(CHECKSUM + 1);
      if (text.slice(0, CHECKSUM) === checksum(said)) yield JSON.parse(said) as Line;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function checksum(text: string): string {
  return hash("sha256", `${VERSION} ${text}`).slice(0, CHECKSUM);
}

/** Undefined where nothing may be written: whoever only looks at data must not need that. */
async function openForMore(memory: string, file: string): Promise<FileHandle | undefined> {
  try {
    await mkdir(memory, { recursive: true });
    const handle = await open(file, "a");
    // Ends a line that was torn.
    await handle.appendFile("\n");
    return handle;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes(String(codeOf(error)))) return undefined;
    throw error;
  }
}

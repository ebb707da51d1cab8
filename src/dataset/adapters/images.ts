import { realpath } from "node:fs/promises";
import { StepFailure } from "../../failure.ts";
import { fewAtATime } from "../../few-at-a-time.ts";
import { lookOf } from "../../artifact/digest.ts";
import { checkGiven, type GivenImage, type GivenOptions } from "../../image/check.ts";
import { sizeProblem } from "../../image/picture.ts";
import { findImage } from "./find-image.ts";
import { type LookedAt, openLookedAt } from "./looked-at.ts";

/**
 * Images decoded at once: as many as Node's pool has threads, so that more would only wait, with their bytes in memory.
 */
const AT_ONCE = 4;

/**
 * Bytes of the images of one question. The largest photographs have some 50 MB, models see a megapixel or two of each,
 * and every step of a run reads them again.
 */
export const MAX_QUESTION_BYTES = 128e6;

/** Where the images are that a data file names. */
export interface ImageFolder {
  /** Absolute. */
  readonly path: string;
  readonly maxPixels: number;
  /** Folder of this host in which what was found of images is kept, so that it is not looked for again. */
  readonly memory?: string;
}

/** An image, or what is wrong with it, as the end of a sentence that begins with its name. */
export type SeenImage = GivenImage | string;

export interface Look {
  readonly signal: AbortSignal;
  /**
   * Called as images are done, in no particular order; false ends the look early.
   * @param spelt the name as the disk spells it
   */
  readonly onImage: (name: string, seen: SeenImage, spelt: string) => boolean;
}

/** Looks at every image once: decodes it wholly, a few at a time. */
export async function lookAtImages(folder: ImageFolder, names: Iterable<string>, look: Look): Promise<void> {
  const root = await realpath(folder.path).catch((cause: unknown) => {
    throw new StepFailure(
      "BadInput",
      `data.image_root "${folder.path}" does not exist; name the folder of the images, from the worker's root.`,
      { cause },
    );
  });
  const before = folder.memory === undefined ? undefined : await openLookedAt(folder.memory, root);
  const options = { maxPixels: folder.maxPixels, maxBytes: MAX_QUESTION_BYTES, decoded: new Map(), before };
  let on = true;
  function* wanted(): Iterable<string> {
    for (const name of names) {
      if (!on) return;
      yield name;
    }
  }
  try {
    await fewAtATime(wanted(), AT_ONCE, async (name) => {
      look.signal.throwIfAborted();
      const found = await findImage(root, name);
      const [seen, spelt] = typeof found === "string" ? [found, name] : [await see(found.path, options), found.name];
      on &&= look.onImage(name, seen, spelt);
    });
  } finally {
    await before?.close();
  }
}

interface Seeing extends GivenOptions {
  readonly before: LookedAt | undefined;
}

/** What an image is; from memory where the file still looks as it did. */
async function see(path: string, options: Seeing): Promise<SeenImage> {
  const { before, maxPixels } = options;
  if (!before) return checkGiven(path, options);
  const { look: now } = await lookOf(path);
  const found = before.found(path, now);
  if (found) return sizeProblem(found.width, found.height, maxPixels) ?? found;
  const seen = await checkGiven(path, options);
  // Of a file that changes while it is read nobody knows what was seen.
  if (typeof seen !== "string" && (await lookOf(path)).look === now) await before.keep(path, now, seen);
  return seen;
}

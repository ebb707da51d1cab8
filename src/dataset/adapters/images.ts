import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { StepFailure } from "../../failure.ts";
import { checkGiven } from "../../image/check.ts";
import type { CallOptions } from "../../model/vlm/backend.ts";
import type { Question } from "../question.ts";

/** Pixels: no camera makes more, and a decoded image of this size takes 400 MB. */
const MAX_PIXELS = 100_000_000;

/** Images decoded at once: enough for the disk, few enough for the memory. */
const AT_ONCE = 8;

export interface ImportedImage {
  /** sha256 of the file: what a model reads. */
  readonly bytes: string;
  /** sha256 of the decoded pixels: the same picture under another name or format. */
  readonly pixels: string;
}

/**
 * Decodes every image of the questions and records its digests, by its name.
 * @throws {StepFailure} BadInput naming the question and the image that is missing, broken or outside image_root
 */
export async function importImages(
  imageRoot: string,
  questions: readonly Pick<Question, "id" | "images">[],
  options: CallOptions,
): Promise<Map<string, ImportedImage>> {
  const root = await realpath(imageRoot).catch((cause: unknown) => {
    throw new StepFailure("BadInput", `data.image_root "${imageRoot}" does not exist; name the folder of the images.`, {
      cause,
    });
  });
  const owners = new Map(questions.flatMap((each) => each.images.map((name) => [name, each.id] as const)));
  const names = [...owners.keys()];
  const found = new Map<string, ImportedImage>();
  const lane = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      options.signal.throwIfAborted();
      found.set(name, await importImage(root, name, owners.get(name)!));
      options.onProgress(found.size, owners.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return found;
}

async function importImage(root: string, name: string, owner: string): Promise<ImportedImage> {
  const refuse = (what: string, cause?: unknown): StepFailure =>
    new StepFailure("BadInput", `Question "${owner}": image "${name}" ${what}.`, { cause });
  const path = await realpath(join(root, name)).catch((cause: unknown) => {
    throw refuse("does not exist", cause);
  });
  // Followed through links, because a link is how a name that looks harmless leaves the folder.
  if (!path.startsWith(root + sep)) throw refuse("is outside data.image_root");
  const checked = await checkGiven(path, { maxPixels: MAX_PIXELS }).catch((cause: unknown) => {
    throw refuse(`cannot be used: ${cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause)}`, cause);
  });
  return { bytes: await hashFile(path), pixels: checked.digest };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../artifact/disk.ts";
import { writeJsonLines } from "../artifact/files.ts";
import { StepFailure } from "../failure.ts";
import { IMAGES_FOLDER, openPacked, type PackedFile, packedRows } from "./adapters/packed-rows.ts";
import { type Report, rowSentence } from "./problems.ts";

const QUESTIONS_FILE = "questions.jsonl";

/** What it is called until it is whole. */
const DRAFT = "questions.jsonl.draft";

export interface Unpacked {
  questions: number;
  images: number;
  /** Rows that could not be unpacked; all of them were reported. */
  broken: number;
}

export interface UnpackOptions {
  /** Leaves broken rows out; without it, one of them is enough to leave nothing behind. */
  readonly skipBroken: boolean;
  readonly report: Report;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Writes the images that lie in the rows of files as files, and questions.jsonl, which names them, beside them.
 * @param files parts of one data set
 * @param folder new or empty
 */
export async function unpackFiles(files: readonly string[], folder: string, options: UnpackOptions): Promise<Unpacked> {
  const packed: PackedFile[] = [];
  for (const file of files) packed.push(await openPacked(file));
  await claim(folder);
  const counts: Unpacked = { questions: 0, images: 0, broken: 0 };
  let whole = false;
  try {
    await writeJsonLines(join(folder, DRAFT), unpackRows(packed, folder, { counts, ...options }));
    whole = counts.broken === 0 || options.skipBroken;
    if (whole) await rename(join(folder, DRAFT), join(folder, QUESTIONS_FILE));
  } finally {
    if (!whole)
      for (const name of [DRAFT, IMAGES_FOLDER]) await rm(join(folder, name), { recursive: true, force: true });
  }
  return counts;
}

/** Takes a folder that nothing lies in: what lies there could be taken for images of the data set. */
export async function claim(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw new StepFailure("BadInput", `${folder} cannot be written to: ${(error as Error).message}.`, { cause: error });
  });
  if (found.length > 0) throw new StepFailure("BadInput", `${folder} is not empty; name a new folder.`);
  await mkdir(join(folder, IMAGES_FOLDER), { recursive: true });
}

async function* unpackRows(
  files: readonly PackedFile[],
  folder: string,
  { counts, report, onProgress }: UnpackOptions & { readonly counts: Unpacked },
): AsyncGenerator<object> {
  const total = files.reduce((sum, { rows }) => sum + rows, 0);
  const ids = new Set<string>();
  for (const file of files) {
    for await (const read of packedRows(file, ids)) {
      if ("problem" in read) {
        const { problem: _, ...where } = read;
        report({ file: file.name, ...where, sentence: rowSentence(file.name, read) });
        counts.broken++;
      } else {
        const { scene, ...question } = read.question;
        for (const [at, name] of question.images.entries()) {
          await writeFile(join(folder, name), read.images[at]!, { flag: "wx" });
        }
        counts.questions++;
        counts.images += question.images.length;
        yield scene === question.images[0] ? question : read.question;
      }
      onProgress(counts.questions + counts.broken, total);
    }
  }
}

import { statfs } from "node:fs/promises";
import { asStepFailure, diskFull, mayBeDiskFull, StepFailure } from "../failure.ts";

/** Bytes: with less, a disk is full. Whoever failed has filled it, but for a few blocks that no file of his fitted into. */
const FULL_BYTES = 64 * 1024;

/** What the system says of a disk, in blocks and files. */
interface Disk {
  readonly bsize: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/**
 * What a failure comes to of somebody who wrote into a folder: DiskFull if it says so or, because not every writer does,
 * if there is no space now; else as it was. To be asked at once, before anything of his is deleted.
 * @param stat asks the system; tests ask somebody else
 */
export async function failedFor(
  error: unknown,
  folder: string,
  stat: (folder: string) => Promise<Disk> = statfs,
): Promise<unknown> {
  if (!mayBeDiskFull(error)) return error;
  const failure = asStepFailure(error, "Infrastructure");
  if (failure.type === "DiskFull") return failure;
  return (await isFull(folder, stat)) ? diskFull(folder, error) : error;
}

/** Throws DiskFull if there is no space left where a folder lies. */
export async function refuseFullDisk(folder: string, what: string): Promise<void> {
  if (await isFull(folder, statfs)) throw diskFull(folder, new StepFailure("Infrastructure", what));
}

async function isFull(folder: string, stat: (folder: string) => Promise<Disk>): Promise<boolean> {
  // A disk that does not answer is no full one, and the failure that made us ask is the news.
  const disk = await stat(folder).catch(() => undefined);
  if (disk === undefined) return false;
  // The superuser may write where the rest is reserved.
  const free = process.getuid?.() === 0 ? disk.bfree : disk.bavail;
  // Some file systems do not count their files.
  const noName = disk.files > 0 && disk.ffree === 0;
  return noName || free * disk.bsize < FULL_BYTES;
}

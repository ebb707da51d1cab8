import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, moveInto, namesIn } from "./disk.ts";
import { type Depth, dropStamp, inspect } from "./inspect.ts";
import type { Layout } from "./layout.ts";

/** Moves a broken artifact out of the store, to where a person can look at it; it is never deleted here. */
export async function setAside(layout: Layout, key: string, depth: Depth): Promise<void> {
  const place = layout.artifact(key);
  if (!existsSync(place)) return;
  const aside = join(layout.corrupt, `${key}.${randomUUID()}`);
  await mkdir(layout.corrupt, { recursive: true });
  try {
    await rename(place, aside);
  } catch (error) {
    if (isMissing(error)) return; // Another reader was first, or it was gone altogether.
    throw error;
  }
  // Between the look and the move another host may have set the broken one aside and committed a good one.
  if (typeof (await inspect(aside, key, depth)) === "string") return;
  await moveInto(aside, place);
}

/**
 * Moves a whole artifact out of the store because a person wants it made again, as it may well come out otherwise.
 * What was built on it stays: under its own keys, which name these bytes, so that nothing finds it for others. The
 * record of these bytes goes, or the next commit would be taken for a divergence; it goes first, because `find` writes
 * it again while the artifact is there, and nobody could once it is not.
 */
export async function setAsideToRetry(layout: Layout, key: string): Promise<void> {
  await rm(layout.record(key), { force: true });
  await dropStamp(layout.stamp(key));
  await mkdir(layout.corrupt, { recursive: true });
  await rename(layout.artifact(key), join(layout.corrupt, `${key}.${randomUUID()}`));
}

/** Folders that were set aside and whose artifact has been made again since: nobody needs them any more. */
export async function supersededAsides(layout: Layout): Promise<string[]> {
  const names = await namesIn(layout.corrupt);
  const superseded: string[] = [];
  for (const name of names) {
    const key = name.slice(0, name.indexOf("."));
    if (typeof (await inspect(layout.artifact(key), key, "sizes")) !== "string")
      superseded.push(join(layout.corrupt, name));
  }
  return superseded;
}

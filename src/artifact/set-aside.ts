import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, moveInto } from "./durable.ts";
import { type Depth, inspect } from "./inspect.ts";
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

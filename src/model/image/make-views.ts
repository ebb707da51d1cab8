import { rm } from "node:fs/promises";
import { fewAtATime, FILES_AT_ONCE } from "../../few-at-a-time.ts";
import { dirname } from "node:path";
import { refuseFullDisk } from "../../artifact/full-disk.ts";
import { checkGenerated } from "../../image/check.ts";
import type { ViewRow } from "../../preference/rows.ts";
import { seedFor } from "../../seed.ts";
import type { CallOptions } from "../vlm/backend.ts";
import type { Edited, ImageBackend } from "./backend.ts";

export interface WantedView {
  readonly instruction: string;
  readonly seed: string;
  /** Absolute path of the PNG. */
  readonly output: string;
}

export type MadeView = Pick<ViewRow, "status" | "reason" | "retries">;

/** Pixels: far above any view; a larger answer is a fault of the executor, and would not fit into memory. */
const MAX_PIXELS = 64_000_000;

/**
 * Makes views of one image, the first of `given`, and looks at their pixels: executors return black or torn images without an error.
 * A bad image is made again under a recorded retry index, which changes its seed; after `maxRetries` it is `failed`,
 * which quarantines its sample. An executor's own refusal is final, and the file is then absent.
 */
export async function makeViews(
  backend: ImageBackend,
  given: readonly string[],
  views: readonly WantedView[],
  { maxRetries, ...options }: CallOptions & { readonly maxRetries: number },
): Promise<MadeView[]> {
  const [image, ...references] = given;
  if (image === undefined) throw new RangeError("a view is an edit of an image, and none is given");
  const made = new Map<WantedView, MadeView>();
  let pending = views;
  for (let retries = 0; retries <= maxRetries && pending.length > 0; retries++) {
    const items = pending.map(({ instruction, seed, output }) => {
      const own = retries === 0 ? seed : seedFor(seed, "retry", retries);
      return { image, instruction, seed: own, output, ...(references.length > 0 && { references }) };
    });
    const edited = await backend.edit(items, options);
    const looked = await fewAtATime(pending, FILES_AT_ONCE, async (view, place) => {
      return { view, made: await look(view, edited[place], retries) };
    });
    for (const each of looked) made.set(each.view, each.made);
    pending = looked.filter((each) => each.made.status === "failed").map((each) => each.view);
  }
  return views.map((view) => made.get(view)!);
}

async function look({ output }: WantedView, edited: Edited | undefined, retries: number): Promise<MadeView> {
  if (edited?.status === "refused") return { status: "refused", reason: edited.reason ?? "refused", retries };
  const checked = await checkGenerated(output, { maxPixels: MAX_PIXELS });
  if (checked.ok) return { status: "ok", retries };
  // Half an image is then no fault of the executor's.
  await refuseFullDisk(dirname(output), checked.reason);
  await rm(output, { force: true });
  return { status: "failed", reason: checked.reason, retries };
}

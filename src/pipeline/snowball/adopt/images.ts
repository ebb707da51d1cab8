import { existsSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { checkGenerated, checkGiven, type DecodedGiven, type GivenImage } from "../../../image/check.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../../few-at-a-time.ts";
import type { ForeignQuestion } from "./foreign-rows.ts";

/** Pixels and bytes above which a file is refused before it is decoded. */
const MAX_PIXELS = 64_000_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** Where the given images are now, and where they were when the folder was written. */
export interface ImageRoots {
  /** Absolute. */
  readonly now: string;
  readonly then: string | undefined;
}

/** An image's name under the root where it is now; rows often hold where it was. Undefined where it is not there. */
export function nameUnder({ now, then }: ImageRoots, written: string): string | undefined {
  const path = written.replaceAll("\\", "/");
  const names = [isAbsolute(path) ? relative(now, path) : path];
  if (then !== undefined && path.startsWith(`${then.replace(/\/+$/, "")}/`)) names.push(relative(then, path));
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  // A folder that was moved: the longest end of the path that is there.
  for (const at of parts.keys()) names.push(parts.slice(at).join("/"));
  return names.find((name) => !name.startsWith("..") && existsSync(join(now, name)));
}

/** A view that was asked for and cannot be looked at. */
export interface LackingView {
  readonly question: string;
  readonly rollout: number;
  /** Relative to the iteration's folder. */
  readonly file: string;
  readonly why: string;
}

/** Where the view of an instruction lies, relative to its iteration. */
export function viewFile(question: string, rollout: number, index: number): string {
  return join("generated_images", question, `rollout_${rollout}`, `img_${index}.png`);
}

/** Decodes every view that the samples asked for: those that are missing, cut off, or of one colour. */
export async function lackingViews(folder: string, questions: readonly ForeignQuestion[]): Promise<LackingView[]> {
  const views = questions.flatMap(({ id, samples }) =>
    samples.flatMap(({ rollout, instructions }) =>
      instructions.map((_, index) => ({ question: id, rollout, file: viewFile(id, rollout, index) })),
    ),
  );
  const looked = await fewAtATime(views, FILES_AT_ONCE, async (view) => {
    if (!existsSync(join(folder, view.file))) return [{ ...view, why: "is missing" }];
    const checked = await checkGenerated(join(folder, view.file), { maxPixels: MAX_PIXELS });
    return checked.ok ? [] : [{ ...view, why: checked.reason.replace(/^the image /, "") }];
  });
  return looked.flat();
}

/** Digests of the pixels of given images; those that cannot be read are left out. */
export async function pixelDigests(roots: ImageRoots, written: readonly string[]): Promise<Map<string, string>> {
  const decoded = new Map<string, DecodedGiven>();
  const digests = new Map<string, string>();
  await fewAtATime(new Set(written), FILES_AT_ONCE, async (each) => {
    const name = nameUnder(roots, each);
    if (name === undefined) return;
    const options = { maxPixels: MAX_PIXELS, maxBytes: MAX_BYTES, decoded };
    const image: GivenImage | string = await checkGiven(join(roots.now, name), options);
    if (typeof image !== "string") digests.set(each, image.pixels);
  });
  return digests;
}

/** How many views a sample lacks. */
export function lackingOf(lacking: readonly LackingView[]): (question: string, rollout: number) => number {
  const many = new Map<string, number>();
  for (const { question, rollout } of lacking) {
    const name = JSON.stringify([question, rollout]);
    many.set(name, (many.get(name) ?? 0) + 1);
  }
  return (question, rollout) => many.get(JSON.stringify([question, rollout])) ?? 0;
}

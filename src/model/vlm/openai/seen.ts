import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StepFailure } from "../../../failure.ts";
import { openPicture } from "../../../image/picture.ts";
import { readObject } from "../../read-object.ts";

/** An image as it is sent: every pixel that a model of this host would be given, and how many tokens they become. */
export interface Seen {
  /** A data URL, of a PNG. */
  readonly url: string;
  /** Patches in time, height and width, as the checkpoint's own image processor cuts it. */
  readonly grid: readonly [1, number, number];
}

/** How a checkpoint cuts images up. */
export interface Eyes {
  /** Pixels a side of a patch, and patches a side of what becomes one token. */
  readonly patch: number;
  readonly merge: number;
  /** The token that stands for an image, so often as it takes. */
  readonly imageId: number;
  /** What no model may say: the tokens that stand for images and videos. */
  readonly unspeakable: readonly number[];
}

/** @throws {StepFailure} BadInput where config.json does not say it */
export async function readEyes(folder: string): Promise<Eyes> {
  const config = (await readObject(join(folder, "config.json"))) ?? {};
  const vision = (config["vision_config"] ?? {}) as Readonly<Record<string, unknown>>;
  const [patch, merge, imageId] = [vision["patch_size"], vision["spatial_merge_size"], config["image_token_id"]];
  if (typeof patch === "number" && typeof merge === "number" && typeof imageId === "number") {
    const videoId = config["video_token_id"];
    return { patch, merge, imageId, unspeakable: [imageId, ...(typeof videoId === "number" ? [videoId] : [])] };
  }
  throw new StepFailure(
    "BadInput",
    `${join(folder, "config.json")} does not say image_token_id, vision_config.patch_size and spatial_merge_size; fetch it again.`,
  );
}

/** Reads an image of this host, off the main thread. */
export async function seenAs(
  path: string,
  eyes: Eyes,
  limits: { readonly min_pixels: number; readonly max_pixels: number },
): Promise<Seen> {
  const picture = await openPicture(await readFile(path));
  if (typeof picture === "string") throw new StepFailure("BadInput", `The image ${path} ${picture}.`);
  const png = await (await picture.rgb()).png().toBuffer();
  const side = eyes.patch * eyes.merge;
  const { height, width } = sizeSeen(picture, side, limits);
  return {
    url: `data:image/png;base64,${png.toString("base64")}`,
    grid: [1, height / eyes.patch, width / eyes.patch],
  };
}

/**
 * The size that Qwen's image processors give an image: whole tokens, within both limits, as nearly as possible of the
 * same shape.
 * @param side pixels a side of a token
 */
export function sizeSeen(
  { height, width }: { readonly height: number; readonly width: number },
  side: number,
  { min_pixels: min, max_pixels: max }: { readonly min_pixels: number; readonly max_pixels: number },
): { readonly height: number; readonly width: number } {
  const whole = (pixels: number, round: (tokens: number) => number): number => round(pixels / side) * side;
  const near = { height: whole(height, halfToEven), width: whole(width, halfToEven) };
  const pixels = near.height * near.width;
  if (pixels > max) {
    const by = Math.sqrt((height * width) / max);
    const down = (each: number): number => Math.max(side, whole(each / by, Math.floor));
    return { height: down(height), width: down(width) };
  }
  if (pixels >= min) return near;
  const by = Math.sqrt(min / (height * width));
  return { height: whole(height * by, Math.ceil), width: whole(width * by, Math.ceil) };
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest === 0.5 ? down + (down % 2) : Math.round(value);
}

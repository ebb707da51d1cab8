import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { StepFailure } from "../../failure.ts";
import { openPicture } from "../../image/picture.ts";

/** The largest value of a channel. */
const BRIGHTEST = 255;

/** What CLIP's image processor does to a picture, as preprocessor_config.json has it. */
export interface ClipPixels {
  readonly size: { readonly shortest_edge: number };
  readonly crop_size: { readonly height: number; readonly width: number };
  readonly image_mean: readonly [number, number, number];
  readonly image_std: readonly [number, number, number];
}

/**
 * A picture as CLIP sees it: its shorter side scaled (bicubic), the middle cut out, channels standardised, one plane
 * after the other. What is scaled differs a little from Pillow's; a picture of the model's own size does not.
 */
export async function readPixels(path: string, shape: ClipPixels): Promise<Float32Array> {
  const picture = await openPicture(await readFile(path));
  if (typeof picture === "string") throw new StepFailure("BadInput", `The image ${path} ${picture}.`);
  const { width, height } = scaledSize(picture, shape.size.shortest_edge);
  const crop = shape.crop_size;
  const [left, top] = [Math.floor((width - crop.width) / 2), Math.floor((height - crop.height) / 2)];
  const rgb = await (await picture.rgb()).raw({ depth: "uchar" }).toBuffer();
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const scaled = sharp(rgb, { raw }).resize(width, height, { fit: "fill", kernel: "cubic" });
  const bytes = await scaled
    .extract({ left, top, ...crop })
    .raw({ depth: "uchar" })
    .toBuffer();
  const area = crop.width * crop.height;
  const floats = new Float32Array(3 * area);
  for (let at = 0; at < bytes.length; at++) {
    const channel = at % 3;
    const value = bytes[at]! / BRIGHTEST;
    floats[channel * area + Math.floor(at / 3)] = (value - shape.image_mean[channel]!) / shape.image_std[channel]!;
  }
  return floats;
}

/** The size at which the shorter side is `edge`; the longer one is rounded down, as by transformers. */
export function scaledSize(
  { width, height }: { readonly width: number; readonly height: number },
  edge: number,
): { readonly width: number; readonly height: number } {
  return width <= height
    ? { width: edge, height: Math.floor((edge * height) / width) }
    : { width: Math.floor((edge * width) / height), height: edge };
}

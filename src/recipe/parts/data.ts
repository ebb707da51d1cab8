import { z } from "zod";
import { path } from "./fields.ts";

/** Pixels (width × height): no camera makes more, and a decoded image of this size takes 400 MB of memory. */
const MAX_IMAGE_PIXELS = 100_000_000;
/** Pixels: Pillow, which the runners read images with, refuses larger ones. */
const PILLOWS_LIMIT = 178_956_970;

/** A file of questions and the folder of their images. */
export const source = z
  .strictObject({
    path: path.describe("The questions: a JSON array, JSON Lines or parquet, relative to the worker's root"),
    image_root: path.describe("Where the questions' image names start, relative to the worker's root"),
    format: z
      .enum(["auto", "mmsi", "plain"])
      .default("auto")
      .describe(
        "Where a row names its images: mmsi in `images` or `local_images`, plain in `image`, auto in whichever there is; the rest is the same",
      ),
    max_image_pixels: z
      .int()
      .min(1)
      .max(PILLOWS_LIMIT)
      .default(MAX_IMAGE_PIXELS)
      .describe("Images with more pixels (width times height) are refused"),
  })
  .describe("Where the questions come from");

export type Source = z.output<typeof source>;

import sharp, { type Sharp } from "sharp";
import { isTooLong, MOST_ASPECT } from "./aspect.ts";

/** What models cannot read, though it can be drawn here. */
const DRAWINGS: ReadonlySet<string | undefined> = new Set(["svg", "pdf"]);

/** Kinds of pixels that are read, by libvips' names: 8 and 16 bits of grey or colour, and the four inks of printing. */
const READ: Readonly<Record<string, readonly string[]>> = {
  uchar: ["b-w", "srgb", "cmyk"],
  ushort: ["grey16", "rgb16"],
};

export interface Picture {
  /** As it is seen: turned the way that its file says. */
  readonly width: number;
  readonly height: number;
  /** A new pipeline of its pixels: 8-bit RGB, turned, without transparency. */
  readonly rgb: () => Promise<Sharp>;
}

// Damage is refused as Pillow refuses it. Warnings are not: whether they come depends on what else is decoded meanwhile.
// The limit of pixels is ours, so that it can be said in a sentence.
const OPTIONS = { failOn: "error", limitInputPixels: false, ignoreIcc: true } as const;

/**
 * Opens an image as every role sees it, which is how python/runners/pictures.py reads it: pixel by pixel the same, but
 * for AVIF, which is decoded by two libraries that round differently. The turn that a camera noted is made; transparency
 * and colour profiles are left out, as by the image processors of transformers; of 16 bits the upper 8 are taken; of
 * several frames the first.
 * @returns a text says what is wrong with it, as the end of a sentence that begins with its name
 * @throws what the decoder says of a file that it cannot read
 */
export async function openPicture(bytes: Buffer, maxPixels = Infinity): Promise<Picture | string> {
  const found = await sharp(bytes, OPTIONS).metadata();
  const { format, space, depth, autoOrient, orientation } = found;
  if (DRAWINGS.has(format)) return `is ${format.toUpperCase()}, which no model reads; PNG or JPEG is needed`;
  const problem = sizeProblem(found.width, found.height, maxPixels);
  if (problem !== undefined) return problem;
  if (!READ[depth]?.includes(space)) {
    return `has pixels that models do not read (${space}, ${depth}); save it with 8 bits of grey or colour`;
  }
  const { width, height } = autoOrient;
  const odd = depth === "ushort" || (orientation ?? 1) > 1;
  const make = space === "cmyk" ? fromInks : odd ? decoded : plain;
  return { width, height, rgb: async () => make(bytes) };
}

/** What is wrong with an image of this size. */
export function sizeProblem(width: number, height: number, maxPixels: number): string | undefined {
  const has = `has ${width} × ${height} pixels`;
  if (width * height > maxPixels) return `${has}, more than the limit of ${maxPixels.toLocaleString("en-US")}`;
  if (!isTooLong(width, height)) return undefined;
  return `${has}: one side is more than ${MOST_ASPECT} times the other, which models refuse`;
}

function plain(bytes: Buffer): Sharp {
  return sharp(bytes, OPTIONS).autoOrient().removeAlpha().toColourspace("srgb");
}

/** Decoded before anything else is done: what follows would work with 16 bits, or turn what it has resized. */
async function decoded(bytes: Buffer): Promise<Sharp> {
  const { data, info } = await plain(bytes).raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
}

/** Of inks: what each leaves of white, times what black leaves, in Pillow's integers. */
async function fromInks(bytes: Buffer): Promise<Sharp> {
  const inks = sharp(bytes, OPTIONS).autoOrient().pipelineColourspace("cmyk").toColourspace("cmyk");
  const { data, info } = await inks.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const rgb = Buffer.alloc(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += channels) {
    const light = 255 - data[from + 3]!;
    for (let ink = 0; ink < 3; ink++) rgb[to++] = Math.max(0, light - share(data[from + ink]!, light));
  }
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

/** a × b / 255, rounded. */
function share(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

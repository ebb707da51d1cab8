import sharp from "sharp";

/** What models read, by the names of the formats here. AVIF is a kind of HEIF; the other kinds need a licence. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  jpeg: "jpg",
  png: "png",
  webp: "webp",
  gif: "gif",
  tiff: "tif",
  heif: "avif",
};

/** The extension that the bytes of an image ask for, whatever it was called before; undefined for no image. */
export async function extensionOf(bytes: Uint8Array): Promise<string | undefined> {
  try {
    const { format } = await sharp(bytes, { failOn: "error" }).metadata();
    return EXTENSIONS[format];
  } catch {
    // The decoder's reasons for not knowing a format say nothing to a person.
    return undefined;
  }
}

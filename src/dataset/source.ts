import { join } from "node:path";
import type { Source } from "../recipe/parts/data.ts";
import type { ImageFolder } from "./adapters/images.ts";
import type { QuestionFile } from "./questions.ts";
import type { DataSetName } from "./sets/index.ts";

/**
 * Where a file of questions is, below the root.
 * @param set the data set of src/dataset/sets whose own rows it may have, where somebody reads those
 */
export function questionFile(
  root: string,
  { path, format }: Pick<Source, "path"> & Pick<QuestionFile, "format">,
  set?: DataSetName,
): QuestionFile {
  return { path: join(root, path), name: path, format, ...(set !== undefined && { set }) };
}

/**
 * Where their images are.
 * @param state folder of this host; what is found of the images is kept in it
 */
export function imageFolder(
  root: string,
  data: Pick<Source, "image_root" | "max_image_pixels">,
  state?: string,
): ImageFolder {
  const memory = state === undefined ? {} : { memory: join(state, "looked-at") };
  return { path: join(root, data.image_root), maxPixels: data.max_image_pixels, ...memory };
}

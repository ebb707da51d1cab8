import { plural } from "../../contract/table.ts";
import { checkImages } from "../../dataset/check-images.ts";
import type { CheckedData, CheckOptions } from "../pipeline.ts";
import { sceneId, sceneImages } from "./images.ts";
import type { Recipe } from "./recipe.ts";

/** Looks at every scene's image, and reports what cannot be used. */
export async function checkData(root: string, recipe: Recipe, options: CheckOptions): Promise<CheckedData> {
  const { path, suffix, max_image_pixels: maxPixels } = recipe.scenes;
  const names = await sceneImages(root, recipe);
  const questions = names.map((name) => ({ id: sceneId(name, suffix), images: [name] }));
  const owners = [{ name: path, questions, rows: names.map((_, row) => row + 1) }];
  const images = await checkImages({ path: `${root}/${path}`, maxPixels }, owners, options);
  return { json: { scenes: images.size }, lines: [`usable    ${plural(images.size, "scene")}`] };
}

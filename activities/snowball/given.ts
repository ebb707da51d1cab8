import type { RecipeFile, RunFiles } from "../../src/pipeline/snowball/files.ts";
import type { Given } from "../given.ts";

/**
 * What a step of the loop reads of the user's own.
 * @param images names under data.image_root
 * @param roles whose model folders it serves
 */
export function givenOf(
  files: RunFiles,
  images: Iterable<string>,
  roles: readonly (keyof RecipeFile["models"])[],
): Given {
  const { recipe, models } = files;
  // A run that an earlier version opened knows the digests of its questions' images alone.
  const digests = [...images].flatMap((name) => {
    const digest = files.given.get(name);
    return digest === undefined ? [] : [[name, digest] as const];
  });
  return {
    images: { folder: recipe.data.image_root, digests: new Map(digests) },
    models: roles.flatMap((who) => {
      const { backend, model } = recipe[who as "planner"];
      const digest = models[who];
      return backend === "simulated" || model === undefined || digest === undefined ? [] : [{ folder: model, digest }];
    }),
  };
}

import { shrinkTraining } from "../../training/shrink.ts";
import type { Recipe } from "./recipe.ts";

/** Scenes: two of them are validation, two are the test. */
const SCENES = 20;

/** The same stages on a few scenes. */
export function shrink(recipe: Recipe): Recipe {
  const { scenes, sft, grpo } = recipe;
  return {
    ...recipe,
    scenes: { ...scenes, max_images: Math.min(scenes.max_images ?? SCENES, SCENES) },
    sft: { ...sft, training: shrinkTraining(sft.training) },
    ...(grpo && { grpo: { ...grpo, training: shrinkTraining(grpo.training) } }),
  };
}

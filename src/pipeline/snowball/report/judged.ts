import { join } from "node:path";
import type { ImportedQuestion } from "../../../dataset/question.ts";
import { KNOWS_SCENE } from "../../../model/image/backend.ts";
import { createSceneRenderer } from "../../../model/image/scene-renderer.ts";
import type { Recipe } from "../recipe/index.ts";
import type { Judged } from "./calibration.ts";

/** A scored sample with views. */
export interface ScoredSample {
  readonly question: string;
  readonly score: number;
  readonly instructions: readonly string[];
}

/**
 * What the scene itself says of scored samples; null where the executor of the run knows no scene. Training never sees
 * this: it is asked afterwards, of the instructions alone.
 */
export async function judgeAgain(
  samples: readonly ScoredSample[],
  questions: ReadonlyMap<string, ImportedQuestion>,
  { executor, data }: Pick<Recipe, "executor" | "data">,
  root: string,
): Promise<Judged[] | null> {
  if (!KNOWS_SCENE.includes(executor.backend)) return null;
  const scenes = createSceneRenderer({ width: executor.width, height: executor.height });
  const known = new Map<string, Promise<boolean>>();
  const judged: Judged[] = [];
  for (const { question: id, score, instructions } of samples) {
    const question = questions.get(id);
    if (question === undefined) continue;
    const image = join(root, data.image_root, question.images[0]!);
    const useful: boolean[] = [];
    for (const instruction of instructions) {
      const key = JSON.stringify([id, instruction]);
      const asked = known.get(key) ?? scenes.useful!(image, id, instruction);
      known.set(key, asked);
      useful.push(await asked);
    }
    judged.push({ question: id, scene: question.scene, score, useful: useful.includes(true) });
  }
  return judged;
}

import type { CallOptions } from "../vlm/backend.ts";
import { descriptionOf } from "./scene/describe.ts";

/** One view asked of the executor: an edit of `image` that follows `instruction`. */
export interface EditItem {
  /** Absolute path of the given image. */
  readonly image: string;
  /** Absolute paths of what else was given, for an editor that reads several images; none when absent. */
  readonly references?: readonly string[];
  readonly instruction: string;
  /** Noise derives from this alone: equal (run seed, question, view index) means equal noise. */
  readonly seed: string;
  /** Absolute path of the PNG to write. */
  readonly output: string;
}

export interface Edited {
  readonly status: "ok" | "refused";
  readonly reason?: string | undefined;
}

export interface ImageBackend {
  /** Does it work on several views at once? Then it is given all views of an image together. */
  readonly inBatches?: boolean;
  /** Writes one PNG per item. `refused` is the executor's own no; everything else that goes wrong is thrown. */
  edit(items: readonly EditItem[], options: CallOptions): Promise<Edited[]>;
  /** Only executors that know the scene: does this instruction show what the question asks about? */
  useful?(image: string, questionId: string, instruction: string): Promise<boolean>;
}

/** Executors that know the scene, so that a plan without a view is known to be useless, and not merely unmeasured. */
export const KNOWS_SCENE: readonly string[] = ["scene-renderer"];

/** Given images that a FLUX.2 klein reads for one view, as its makers say. */
export const MOST_GIVEN = 4;

/** The files that an executor reads beside a given image, named as it is. */
export function besideOf(backend: string, image: string): string[] {
  return KNOWS_SCENE.includes(backend) ? [descriptionOf(image)] : [];
}

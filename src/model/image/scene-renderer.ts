import { setImmediate } from "node:timers/promises";
import sharp from "sharp";
import { StepFailure } from "../../failure.ts";
import type { CallOptions } from "../vlm/backend.ts";
import type { EditItem, Edited, ImageBackend } from "./backend.ts";
import { readScene } from "./scene/describe.ts";
import { draw } from "./scene/draw.ts";
import { parseInstruction } from "./scene/instruction.ts";
import { visiblePixels } from "./scene/raycast.ts";
import type { Picture } from "./scene/types.ts";

/** An object counts as shown from this many pixels on. */
const VISIBLE_PIXELS = 30;

export interface SceneRendererOptions {
  /** Pixels of every view. */
  readonly width: number;
  readonly height: number;
}

/**
 * The toy world's executor: it draws `<dir>/<name>.png` anew from the description `<dir>/<name>.json` beside it,
 * as the instruction asks. A view depends on scene, instruction and size alone, so it ignores the item's seed.
 */
export function createSceneRenderer({ width, height }: SceneRendererOptions): ImageBackend {
  async function view(image: string, instruction: string): Promise<Picture> {
    const scene = await readScene(image);
    // A view takes milliseconds of pure arithmetic: heartbeats and cancellation get their turn between two of them.
    await setImmediate();
    return draw(scene, parseInstruction(instruction), width, height);
  }

  return {
    async edit(items: readonly EditItem[], { signal, onProgress }: CallOptions): Promise<Edited[]> {
      const edited: Edited[] = [];
      for (const item of items) {
        signal.throwIfAborted();
        const { rgb } = await view(item.image, item.instruction);
        await writePng(rgb, width, height, item.output);
        edited.push({ status: "ok" });
        onProgress(edited.length, items.length);
      }
      return edited;
    },

    async useful(image: string, questionId: string, instruction: string): Promise<boolean> {
      const { targets } = await readScene(image);
      const target = targets[questionId];
      if (target === undefined) {
        throw new StepFailure("BadInput", `The scene of ${image} does not name the target of question ${questionId}.`);
      }
      return visiblePixels(await view(image, instruction), target) >= VISIBLE_PIXELS;
    },
  };
}

/** Writes a PNG of 8-bit RGB; the same pixels give the same bytes. */
export async function writePng(rgb: Uint8Array, width: number, height: number, path: string): Promise<void> {
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toFile(path);
}

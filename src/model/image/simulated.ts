import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { StepFailure } from "../../failure.ts";
import type { Simulate } from "../../recipe/common.ts";
import { openPicture } from "../../image/picture.ts";
import { rng, seedFor } from "../../seed.ts";
import type { EditItem, Edited, ImageBackend } from "./backend.ts";

/**
 * An executor without a model: a visibly edited copy of the given image (mirrored, turned in hue, framed), in which
 * equal seeds and instructions give equal bytes. It knows nothing of the scene, so its views help nobody to see.
 */
export function createSimulatedExecutor(
  size: { readonly width: number; readonly height: number },
  simulate: Simulate,
): ImageBackend {
  const faults = simulate?.faults;
  return {
    async edit(items, options) {
      const results: Edited[] = [];
      for (const [place, item] of items.entries()) {
        options.signal.throwIfAborted();
        const draw = rng(seedFor("executor-faults", item.seed, item.instruction))();
        const failing = faults?.imagine_failure_share ?? 0;
        if (draw < failing) await blackImage(item, size);
        else if (draw < failing + (faults?.refused_share ?? 0)) {
          results.push({ status: "refused", reason: "the simulated executor declines this instruction" });
          continue;
        } else await editedCopy(item, size);
        results.push({ status: "ok" });
        options.onProgress(place + 1, items.length);
      }
      return results;
    },
  };
}

async function editedCopy(item: EditItem, { width, height }: { width: number; height: number }): Promise<void> {
  const next = rng(seedFor(item.seed, item.instruction));
  const frame = Math.max(1, Math.round(Math.min(width, height) / 32));
  const colour = { r: Math.floor(next() * 256), g: Math.floor(next() * 256), b: Math.floor(next() * 256) };
  try {
    const picture = await openPicture(await readFile(item.image));
    if (typeof picture === "string") throw new StepFailure("BadInput", `The image ${item.image} ${picture}.`);
    await (
      await picture.rgb()
    )
      .resize(width - 2 * frame, height - 2 * frame, { fit: "fill" })
      .flop(next() < 0.5)
      .modulate({ hue: Math.floor(next() * 360), brightness: 0.8 + 0.4 * next() })
      .extend({ top: frame, bottom: frame, left: frame, right: frame, background: colour })
      .png()
      .toFile(item.output);
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    throw new StepFailure("Infrastructure", `The view ${item.output} could not be written: ${String(error)}.`, {
      cause: error,
    });
  }
}

/** What an overloaded image model really returns: a black picture and no error. */
async function blackImage(item: EditItem, { width, height }: { width: number; height: number }): Promise<void> {
  await sharp({ create: { width, height, channels: 3, background: "black" } })
    .png()
    .toFile(item.output);
}

import { StepFailure } from "../failure.ts";
import type { Message } from "../model/vlm/backend.ts";
import { behindMarkers } from "../prompt/markers.ts";
import { askedMessages } from "../prompt/messages.ts";
import type { TrainRow } from "./algorithm.ts";

/** A row that asks something about its images. */
export interface AskedRow extends TrainRow {
  /** null for none. */
  readonly system: string | null;
  /** The user's text. The row's images stand before it, whether or not it begins with a marker for each. */
  readonly prompt: string;
}

/**
 * What rows ask.
 * @param images makes names absolute
 * @throws {StepFailure} BadInput for markers elsewhere, or more or fewer than images
 */
export function askedOf(
  rows: readonly AskedRow[],
  images: (names: readonly string[]) => readonly string[],
): Message[][] {
  return rows.map(({ id, system, prompt, image }) => {
    const found = behindMarkers(prompt, image.length);
    if ("problem" in found) throw new StepFailure("BadInput", `Row "${id}": its prompt ${found.problem}.`);
    return askedMessages(system, found.text, images(image));
  });
}

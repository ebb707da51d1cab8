import { readFile } from "node:fs/promises";
import { z } from "zod";
import { StepFailure } from "../../../failure.ts";
import type { Scene } from "./types.ts";

const vec = z.tuple([z.number(), z.number(), z.number()]);
const size = z.number().positive();

const SCENE = z.strictObject({
  solids: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("box"), centre: vec, half: vec, colour: vec }),
        z.strictObject({ kind: z.literal("sphere"), centre: vec, radius: size, colour: vec }),
        z.strictObject({ kind: z.literal("cone"), base: vec, radius: size, height: size, colour: vec }),
      ]),
    )
    // An object id is one byte, and 0 is taken by floor and wall.
    .max(255),
  floor: vec,
  wall: vec,
  aim: vec,
  distance: size,
  targets: z.record(z.string(), z.int().nonnegative()),
});

/** Where the description of an image's scene lies: beside it, with the ending `.json`. */
export function descriptionOf(image: string): string {
  return image.replace(/\.[^./\\]+$/, "") + ".json";
}

/** Reads the scene that an image was drawn from. Throws `BadInput` when the file is missing or malformed. */
export async function readScene(image: string): Promise<Scene> {
  const path = descriptionOf(image);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StepFailure(
      "BadInput",
      `No scene description at ${path}: the scene renderer needs one beside every image; use another executor for images that the toy world did not draw.`,
      { cause },
    );
  });
  try {
    return SCENE.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new StepFailure("BadInput", `${path} is not a scene description: ${why}`, { cause });
  }
}

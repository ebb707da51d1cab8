import type { CameraName } from "../../src/model/image/scene/camera.ts";
import type { Rgb } from "../../src/model/image/scene/types.ts";
import words from "./words.json" with { type: "json" };

export const FAMILIES = ["behind", "left", "right", "beside", "inside", "under"] as const;
export type Family = (typeof FAMILIES)[number];

export type Colour = keyof typeof words.colours;
export type Shape = "box" | "sphere" | "cone";
export type Structure = keyof typeof words.structures;

export const COLOURS = Object.keys(words.colours) as Colour[];
export const SHAPES = words.shapes as Shape[];
export const STRUCTURES = Object.keys(words.structures) as Structure[];

export function colourOf(colour: Colour): Rgb {
  return words.colours[colour] as unknown as Rgb;
}

export function structureColour(structure: Structure): Rgb {
  return words.structures[structure] as unknown as Rgb;
}

/** The wordings of a family's question, with {structure} and, for `beside`, {landmark}. */
export function questionsOf(family: Family): readonly string[] {
  return words.questions[family];
}

/** One instruction for each camera that is not the given view. */
export const CAMERA_INSTRUCTIONS: Readonly<Record<Exclude<CameraName, "front">, readonly string[]>> = words.cameras;

/** Instructions that show nothing new. */
export const USELESS_INSTRUCTIONS: Readonly<Record<string, readonly string[]>> = words.useless;

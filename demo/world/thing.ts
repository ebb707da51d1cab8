import type { Solid, Vec3 } from "../../src/model/image/scene/types.ts";
import type { Random } from "./random.ts";
import { COLOURS, type Colour, SHAPES, type Shape, colourOf } from "./words.ts";

/** What can be asked about: a coloured solid. Named by both words, as in "red cone". */
export interface Thing {
  readonly colour: Colour;
  readonly shape: Shape;
}

export function nameOf({ colour, shape }: Thing): string {
  return `${colour} ${shape}`;
}

/** A colour and a shape, each equally likely, whose name is not among `taken`. */
export function pickThing(random: Random, taken: readonly Thing[]): Thing {
  for (;;) {
    const thing = { colour: random.pick(COLOURS), shape: random.pick(SHAPES) };
    if (!taken.some((other) => nameOf(other) === nameOf(thing))) return thing;
  }
}

/** A box of a ball's full width would show more pixels than the ball. */
const BOX = 0.86;

/** The thing as a solid that stands on the point `foot`, about 2 · `radius` wide and high. */
export function solidOf({ colour, shape }: Thing, foot: Vec3, radius: number): Solid {
  const [x, y, z] = foot;
  if (shape === "sphere") return { kind: "sphere", centre: [x, y + radius, z], radius, colour: colourOf(colour) };
  if (shape === "cone") return { kind: "cone", base: foot, radius, height: 2 * radius, colour: colourOf(colour) };
  const half = BOX * radius;
  return { kind: "box", centre: [x, y + half, z], half: [half, half, half], colour: colourOf(colour) };
}

import type { Rgb, Solid, Vec3 } from "../../src/model/image/scene/types.ts";
import { type Opening, alcove } from "./alcove.ts";
import type { Random } from "./random.ts";
import type { Family } from "./words.ts";

/** The structure that a question asks about: its solids, and where the hidden thing stands. */
export interface Layout {
  readonly solids: readonly Solid[];
  readonly foot: Vec3;
  readonly opening: Opening;
}

/** Share of sideways alcoves that are closed above: from the top, few of them show anything. */
const ROOFED = 0.8;

/** Half sizes of every hollow; the hidden thing is at most .38 wide to each side. */
const HOLLOW: Vec3 = [0.45, 0.45, 0.45];

const HALF_BLOCK: Vec3 = [0.6, 0.65, 0.5];

/** Which side is open in a scene of this family: `beside` needs a look at the picture, the others say it in words. */
export function openingOf(family: Family, random: Random): Opening {
  if (family === "beside") return random.pick(["left", "right"]);
  if (family === "inside") return "top";
  return family === "under" ? "low" : family;
}

/** Builds block, tub or table at the middle of the scene. */
export function layOut(opening: Opening, colour: Rgb, random: Random): Layout {
  const at: Vec3 = [random.between(-0.25, 0.25), 0, random.between(-0.2, 0.2)];
  if (opening === "top") return tub(at, colour);
  if (opening === "low") return table(at, colour);
  return block(at, opening, random.chance(ROOFED), colour);
}

function tub([x, , z]: Vec3, colour: Rgb): Layout {
  const centre: Vec3 = [x, 0.65, z];
  return { solids: alcove(centre, HOLLOW, "top", true, colour), foot: [x, 0.2, z], opening: "top" };
}

function table([x, , z]: Vec3, colour: Rgb): Layout {
  const centre: Vec3 = [x, 0.75, z];
  const slab: Solid = { kind: "box", centre: [x, 1.3, z], half: [0.85, 0.07, 0.75], colour };
  return { solids: [...alcove(centre, HOLLOW, "low", true, colour), slab], foot: [x, 0.35, z], opening: "low" };
}

function block([x, , z]: Vec3, opening: "behind" | "left" | "right", roof: boolean, colour: Rgb): Layout {
  const away = opening === "behind" ? 2 : 0;
  const sign = opening === "right" ? 1 : -1;
  const middle: Vec3 = [x, HALF_BLOCK[1], z];
  const shift: [number, number, number] = [x, 0.6, z];
  shift[away] += sign * (HALF_BLOCK[away] + HOLLOW[away]);
  const solid: Solid = { kind: "box", centre: middle, half: HALF_BLOCK, colour };
  return {
    solids: [solid, ...alcove(shift, HOLLOW, opening, roof, colour)],
    foot: [shift[0], 0.15, shift[2]],
    opening,
  };
}

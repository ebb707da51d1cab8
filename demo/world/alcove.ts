import type { Rgb, Solid, Vec3 } from "../../src/model/image/scene/types.ts";
import { add } from "../../src/model/image/scene/vec.ts";

/** The side of an alcove that is left open. */
export type Opening = "behind" | "left" | "right" | "top" | "low";

const OUTWARD: Readonly<Record<Opening, readonly [axis: 0 | 1 | 2, sign: 1 | -1]>> = {
  behind: [2, -1],
  left: [0, -1],
  right: [0, 1],
  top: [1, 1],
  low: [1, -1],
};

/** Half the thickness of a panel, in scene units. */
const THIN = 0.05;

/** Panels around a hollow of half sizes `half`; `roof: false` leaves the top open as well. */
export function alcove(centre: Vec3, half: Vec3, opening: Opening, roof: boolean, colour: Rgb): Solid[] {
  const [openAxis, openSign] = OUTWARD[opening];
  const panels: Solid[] = [];
  for (const axis of [0, 1, 2] as const) {
    for (const sign of [-1, 1] as const) {
      if (axis === openAxis && sign === openSign) continue;
      if (axis === 1 && sign === 1 && !roof) continue;
      const shift: [number, number, number] = [0, 0, 0];
      shift[axis] = sign * (half[axis] + THIN);
      // Panels overlap at the edges, so that no ray slips between two of them.
      const size: [number, number, number] = [half[0] + 2 * THIN, half[1] + 2 * THIN, half[2] + 2 * THIN];
      size[axis] = THIN;
      panels.push({ kind: "box", centre: add(centre, shift), half: size, colour });
    }
  }
  return panels;
}

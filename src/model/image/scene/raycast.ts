import type { Camera } from "./camera.ts";
import { type Hit, intersect } from "./intersect.ts";
import type { Picture, Rgb, Scene, Solid, Vec3 } from "./types.ts";
import { unit } from "./vec.ts";

const LIGHT = unit([0.5, 1, 0.35]);

/** Shares of the light: from everywhere, from the sun, from the camera (it keeps shapes readable from all sides). */
const AMBIENT = 0.35;
const SUN = 0.4;
const LAMP = 0.25;

/** Casts one ray through the middle of every pixel; nearest solid wins, the floor is seen from above only. */
export function raycast(scene: Scene, camera: Camera, width: number, height: number): Picture {
  const rgb = new Uint8Array(width * height * 3);
  const ids = new Uint8Array(width * height);
  const hit: Hit = { distance: 0, nx: 0, ny: 0, nz: 0 };
  const { eye, forward, right, up, halfHeight } = camera;
  const pixel = (2 * halfHeight) / height;
  const spheres = scene.solids.map(boundingSphere);

  for (let row = 0, at = 0; row < height; row += 1) {
    const v = halfHeight - (row + 0.5) * pixel;
    for (let column = 0; column < width; column += 1, at += 1) {
      const u = (column + 0.5 - width / 2) * pixel;
      const dx = forward[0] + u * right[0] + v * up[0];
      const dy = forward[1] + u * right[1] + v * up[1];
      const dz = forward[2] + u * right[2] + v * up[2];
      const length2 = dx * dx + dy * dy + dz * dz;

      hit.distance = Infinity;
      let nearest = -1;
      for (let i = 0; i < scene.solids.length; i += 1) {
        if (!mayMeet(spheres[i]!, eye, dx, dy, dz, length2)) continue;
        if (intersect(scene.solids[i]!, eye, dx, dy, dz, hit)) nearest = i;
      }
      if (nearest < 0) {
        paint(rgb, at, dy < 0 && eye[1] > 0 ? scene.floor : scene.wall, 1);
        continue;
      }
      ids[at] = nearest + 1;
      const sun = Math.max(0, hit.nx * LIGHT[0] + hit.ny * LIGHT[1] + hit.nz * LIGHT[2]);
      const lamp = Math.abs(hit.nx * dx + hit.ny * dy + hit.nz * dz) / Math.sqrt(length2);
      paint(rgb, at, scene.solids[nearest]!.colour, AMBIENT + SUN * sun + LAMP * lamp);
    }
  }
  return { rgb, ids };
}

function paint(rgb: Uint8Array, at: number, colour: Rgb, light: number): void {
  for (let c = 0; c < 3; c += 1) rgb[3 * at + c] = Math.min(255, Math.round(colour[c]! * light));
}

interface Ball {
  readonly centre: Vec3;
  readonly radius2: number;
}

/** A ball around the solid: most rays miss most solids, and this says so in one multiplication row. */
function boundingSphere(solid: Solid): Ball {
  if (solid.kind === "sphere") return { centre: solid.centre, radius2: solid.radius * solid.radius };
  if (solid.kind === "box") {
    const [x, y, z] = solid.half;
    return { centre: solid.centre, radius2: x * x + y * y + z * z };
  }
  const half = solid.height / 2;
  const centre: Vec3 = [solid.base[0], solid.base[1] + half, solid.base[2]];
  return { centre, radius2: half * half + solid.radius * solid.radius };
}

function mayMeet(ball: Ball, eye: Vec3, dx: number, dy: number, dz: number, length2: number): boolean {
  const x = ball.centre[0] - eye[0];
  const y = ball.centre[1] - eye[1];
  const z = ball.centre[2] - eye[2];
  const along = x * dx + y * dy + z * dz;
  // The margin keeps rounding from cutting a solid's outermost pixel.
  return (x * x + y * y + z * z - ball.radius2 * 1.000001) * length2 <= along * along;
}

/** How many pixels show the solid with this index. */
export function visiblePixels(picture: Picture, solid: number): number {
  let count = 0;
  for (const id of picture.ids) if (id === solid + 1) count += 1;
  return count;
}

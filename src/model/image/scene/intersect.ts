import type { Solid, Vec3 } from "./types.ts";

/** Where a ray first meets a solid: distance in ray lengths, and the outward unit normal there. */
export interface Hit {
  distance: number;
  nx: number;
  ny: number;
  nz: number;
}

const NEAR = 1e-6;

/** Overwrites `hit` and returns true if the ray meets the solid nearer than `hit.distance`. */
export function intersect(solid: Solid, eye: Vec3, dx: number, dy: number, dz: number, hit: Hit): boolean {
  if (solid.kind === "box") return box(solid.centre, solid.half, eye, dx, dy, dz, hit);
  if (solid.kind === "sphere") return sphere(solid.centre, solid.radius, eye, dx, dy, dz, hit);
  return cone(solid.base, solid.radius, solid.height, eye, dx, dy, dz, hit);
}

function accept(hit: Hit, distance: number, nx: number, ny: number, nz: number): true {
  hit.distance = distance;
  hit.nx = nx;
  hit.ny = ny;
  hit.nz = nz;
  return true;
}

/** Slabs: the ray is inside the box while it is between all three pairs of faces. */
function box(centre: Vec3, half: Vec3, eye: Vec3, dx: number, dy: number, dz: number, hit: Hit): boolean {
  let enter = NEAR;
  let leave = hit.distance;
  let axis = -1;
  for (let a = 0; a < 3; a += 1) {
    const d = a === 0 ? dx : a === 1 ? dy : dz;
    const offset = centre[a]! - eye[a]!;
    if (d === 0) {
      if (Math.abs(offset) > half[a]!) return false;
      continue;
    }
    const middle = offset / d;
    const reach = half[a]! / Math.abs(d);
    if (middle - reach > enter) {
      enter = middle - reach;
      axis = a;
    }
    if (middle + reach < leave) leave = middle + reach;
    if (enter >= leave) return false;
  }
  if (axis < 0) return false;
  const d = axis === 0 ? dx : axis === 1 ? dy : dz;
  const n = d > 0 ? -1 : 1;
  return accept(hit, enter, axis === 0 ? n : 0, axis === 1 ? n : 0, axis === 2 ? n : 0);
}

function sphere(centre: Vec3, radius: number, eye: Vec3, dx: number, dy: number, dz: number, hit: Hit): boolean {
  const ox = eye[0] - centre[0];
  const oy = eye[1] - centre[1];
  const oz = eye[2] - centre[2];
  const a = dx * dx + dy * dy + dz * dz;
  const b = ox * dx + oy * dy + oz * dz;
  const c = ox * ox + oy * oy + oz * oz - radius * radius;
  const root = b * b - a * c;
  if (root < 0) return false;
  const t = (-b - Math.sqrt(root)) / a;
  if (t <= NEAR || t >= hit.distance) return false;
  return accept(hit, t, (ox + t * dx) / radius, (oy + t * dy) / radius, (oz + t * dz) / radius);
}

/** The mantle x² + z² = (slope · (height − y))² between base and apex, and the disc that closes it below. */
function cone(
  base: Vec3,
  radius: number,
  height: number,
  eye: Vec3,
  dx: number,
  dy: number,
  dz: number,
  hit: Hit,
): boolean {
  const slope = radius / height;
  const ox = eye[0] - base[0];
  const oy = height - (eye[1] - base[1]);
  const oz = eye[2] - base[2];
  let met = false;
  const a = dx * dx + dz * dz - slope * slope * dy * dy;
  const b = ox * dx + oz * dz + slope * slope * oy * dy;
  const c = ox * ox + oz * oz - slope * slope * oy * oy;
  const root = b * b - a * c;
  if (root >= 0 && a !== 0) {
    const s = Math.sqrt(root);
    for (const t of [(-b - s) / a, (-b + s) / a]) {
      const below = oy - t * dy;
      if (t <= NEAR || t >= hit.distance || below < 0 || below > height) continue;
      const x = ox + t * dx;
      const z = oz + t * dz;
      const y = slope * slope * below;
      const length = Math.sqrt(x * x + y * y + z * z) || 1;
      met = accept(hit, t, x / length, y / length, z / length);
    }
  }
  if (dy > 0) {
    const t = (oy - height) / dy;
    const x = ox + t * dx;
    const z = oz + t * dz;
    if (t > NEAR && t < hit.distance && x * x + z * z <= radius * radius) met = accept(hit, t, 0, -1, 0);
  }
  return met;
}

import type { Scene, Vec3 } from "./types.ts";
import { add, cross, scale, unit } from "./vec.ts";

export const CAMERAS = ["front", "behind", "left", "right", "top", "low"] as const;
export type CameraName = (typeof CAMERAS)[number];

/**
 * From the aim towards the camera. Plain ratios, no sines: the engine's trigonometry may differ in the last bit
 * between machines, square roots and divisions may not, and views are compared byte for byte.
 */
const DIRECTIONS: Readonly<Record<CameraName, Vec3>> = {
  front: [0, 0.36, 1],
  behind: [0, 0.36, -1],
  left: [-1, 0.36, 0],
  right: [1, 0.36, 0],
  top: [0, 1, 0.4],
  low: [0, -1, 0.4],
};

/** Half the picture's height at distance 1: a field of view of 40 degrees. */
export const HALF_HEIGHT = 0.364;

export interface Camera {
  readonly eye: Vec3;
  readonly forward: Vec3;
  readonly right: Vec3;
  readonly up: Vec3;
  /** Half the picture's height at distance 1. */
  readonly halfHeight: number;
}

/** The camera of that name in this scene; `zoom` 2 shows half the width and height. */
export function cameraOf(scene: Scene, name: CameraName, zoom = 1): Camera {
  const direction = unit(DIRECTIONS[name]);
  const forward = scale(direction, -1);
  const right = unit(cross(forward, [0, 1, 0]));
  return {
    eye: add(scene.aim, scale(direction, scene.distance)),
    forward,
    right,
    up: cross(right, forward),
    halfHeight: HALF_HEIGHT / zoom,
  };
}

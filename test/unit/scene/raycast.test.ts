import { describe, expect, it } from "vitest";
import { type Camera, HALF_HEIGHT, cameraOf } from "../../../src/model/image/scene/camera.ts";
import { type Hit, intersect } from "../../../src/model/image/scene/intersect.ts";
import { raycast, visiblePixels } from "../../../src/model/image/scene/raycast.ts";
import type { Rgb, Scene, Solid } from "../../../src/model/image/scene/types.ts";

const RED: Rgb = [200, 0, 0];

/** Ten units in front of the origin, looking at it; at the origin the picture is 2 units high. */
const CAMERA: Camera = {
  eye: [0, 0, 10],
  forward: [0, 0, -1],
  right: [1, 0, 0],
  up: [0, 1, 0],
  halfHeight: 0.1,
};

function sceneOf(...solids: Solid[]): Scene {
  return { solids, floor: [1, 2, 3], wall: [7, 8, 9], aim: [0, 0, 0], distance: 5, targets: {} };
}

function hitOf(solid: Solid, eye: readonly [number, number, number], d: readonly [number, number, number]): Hit | null {
  const hit: Hit = { distance: Infinity, nx: 0, ny: 0, nz: 0 };
  return intersect(solid, eye, ...d, hit) ? hit : null;
}

describe("one ray", () => {
  it("meets a sphere at its front", () => {
    const ball: Solid = { kind: "sphere", centre: [0, 0, 0], radius: 2, colour: RED };
    expect(hitOf(ball, [0, 0, 10], [0, 0, -1])).toEqual({ distance: 8, nx: 0, ny: 0, nz: 1 });
    expect(hitOf(ball, [0, 2.001, 10], [0, 0, -1])).toBeNull();
    expect(hitOf(ball, [0, 0, 10], [0, 0, 1])).toBeNull();
  });

  it("counts distance in lengths of the ray", () => {
    const ball: Solid = { kind: "sphere", centre: [0, 0, 0], radius: 2, colour: RED };
    expect(hitOf(ball, [0, 0, 10], [0, 0, -2])?.distance).toBe(4);
  });

  it("meets a box on the face that it comes from", () => {
    const box: Solid = { kind: "box", centre: [1, 2, 3], half: [1, 1, 1], colour: RED };
    expect(hitOf(box, [1, 2, 10], [0, 0, -1])).toEqual({ distance: 6, nx: 0, ny: 0, nz: 1 });
    expect(hitOf(box, [1, -5, 3], [0, 1, 0])).toEqual({ distance: 6, nx: 0, ny: -1, nz: 0 });
    expect(hitOf(box, [-4, 2, 3], [1, 0, 0])).toEqual({ distance: 4, nx: -1, ny: 0, nz: 0 });
    expect(hitOf(box, [2.5, 2, 10], [0, 0, -1])).toBeNull();
  });

  it("meets a cone's mantle half way up at half its radius", () => {
    const cone: Solid = { kind: "cone", base: [0, 0, 0], radius: 2, height: 2, colour: RED };
    const hit = hitOf(cone, [0, 1, 10], [0, 0, -1]);
    expect(hit?.distance).toBeCloseTo(9, 12);
    expect([hit?.nx, hit?.ny, hit?.nz].map((n) => n?.toFixed(6))).toEqual(["0.000000", "0.707107", "0.707107"]);
  });

  it("closes a cone below, and ends it at the apex", () => {
    const cone: Solid = { kind: "cone", base: [0, 0, 0], radius: 2, height: 2, colour: RED };
    expect(hitOf(cone, [1, -3, 0], [0, 1, 0])).toEqual({ distance: 3, nx: 0, ny: -1, nz: 0 });
    expect(hitOf(cone, [2.1, -3, 0], [0, 1, 0])).toBeNull();
    expect(hitOf(cone, [0, 2.1, 10], [0, 0, -1])).toBeNull();
  });

  it("keeps the nearer of two solids", () => {
    const hit: Hit = { distance: 5, nx: 0, ny: 0, nz: 0 };
    const ball: Solid = { kind: "sphere", centre: [0, 0, 0], radius: 2, colour: RED };
    expect(intersect(ball, [0, 0, 10], 0, 0, -1, hit)).toBe(false);
    expect(hit.distance).toBe(5);
  });
});

describe("a picture", () => {
  it("shows a square in the middle exactly where geometry says", () => {
    // At z = 0.1, 9.9 away, the picture is 1.98 high: a face of 0.99 covers the middle 4 of 8 pixels both ways.
    const box: Solid = { kind: "box", centre: [0, 0, 0], half: [0.495, 0.495, 0.1], colour: RED };
    const { ids } = raycast(sceneOf(box), CAMERA, 8, 8);
    const rows = Array.from({ length: 8 }, (_, row) => [...ids.subarray(8 * row, 8 * row + 8)].join(""));
    const [off, on] = ["00000000", "00111100"];
    expect(rows).toEqual([off, off, on, on, on, on, off, off]);
  });

  it("puts what is right and up to the right and up", () => {
    const ball: Solid = { kind: "sphere", centre: [0.5, 0.5, 0], radius: 0.2, colour: RED };
    const picture = raycast(sceneOf(ball), CAMERA, 8, 8);
    // Pixels are a quarter of a unit wide: 0.3 to 0.7 takes the middles of columns 5 and 6, rows 1 and 2.
    expect([1, 2].flatMap((row) => [5, 6].map((column) => picture.ids[8 * row + column]))).toEqual([1, 1, 1, 1]);
    expect(visiblePixels(picture, 0)).toBe(4);
  });

  it("hides what is behind", () => {
    const back: Solid = { kind: "sphere", centre: [0, 0, -2], radius: 0.2, colour: RED };
    const front: Solid = { kind: "box", centre: [0, 0, 0], half: [0.5, 0.5, 0.1], colour: RED };
    const picture = raycast(sceneOf(back, front), CAMERA, 32, 32);
    expect(visiblePixels(picture, 0)).toBe(0);
    expect(visiblePixels(picture, 1)).toBeGreaterThan(200);
  });

  it("paints wall above the horizon, floor below it, and light by hand-computed shares", () => {
    const eye: Camera = { ...CAMERA, eye: [0, 1, 10] };
    const { rgb } = raycast(sceneOf(), eye, 2, 2);
    expect([...rgb]).toEqual([7, 8, 9, 7, 8, 9, 1, 2, 3, 1, 2, 3]);
    const box: Solid = { kind: "box", centre: [0, 0, 0], half: [5, 5, 1], colour: RED };
    // Sun: 0.35 / |(0.5, 1, 0.35)| = 0.35 / 1.171537 = 0.298753; the lamp meets the one pixel head on.
    const light = 0.35 + 0.4 * 0.298753 + 0.25;
    expect([...raycast(sceneOf(box), CAMERA, 1, 1).rgb]).toEqual([Math.round(200 * light), 0, 0]);
  });
});

describe("the cameras", () => {
  it("stand at the same distance and look at the aim", () => {
    const scene: Scene = { ...sceneOf(), aim: [1, 2, 3], distance: 5 };
    for (const name of ["front", "behind", "left", "right", "top", "low"] as const) {
      const { eye, forward, right, up } = cameraOf(scene, name);
      for (const axis of [0, 1, 2] as const) expect(eye[axis] + 5 * forward[axis]).toBeCloseTo([1, 2, 3][axis]!, 12);
      expect(right[0] * up[0] + right[1] * up[1] + right[2] * up[2]).toBeCloseTo(0, 12);
      expect(right[1]).toBeCloseTo(0, 12);
    }
  });

  it("stand where their names say", () => {
    const eyes = (name: "front" | "behind" | "left" | "right" | "top" | "low"): string =>
      cameraOf(sceneOf(), name)
        .eye.map((v) => Math.sign(Math.round(v)))
        .join();
    expect(eyes("front")).toBe("0,1,1");
    expect(eyes("behind")).toBe("0,1,-1");
    expect(eyes("left")).toBe("-1,1,0");
    expect(eyes("right")).toBe("1,1,0");
    expect(eyes("top")).toBe("0,1,1");
    expect(eyes("low")).toBe("0,-1,1");
    expect(cameraOf(sceneOf(), "top").eye[1]).toBeGreaterThan(4);
    expect(cameraOf(sceneOf(), "front", 2).halfHeight).toBe(HALF_HEIGHT / 2);
  });
});

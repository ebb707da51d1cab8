import { describe, expect, it } from "vitest";
import { type Example, SIDE, generate } from "../../../demo/world/generate.ts";
import { FAMILIES } from "../../../demo/world/words.ts";
import { CAMERAS, type CameraName, cameraOf } from "../../../src/model/image/scene/camera.ts";
import { raycast, visiblePixels } from "../../../src/model/image/scene/raycast.ts";
import { draw } from "../../../src/model/image/scene/draw.ts";
import type { Edit } from "../../../src/model/image/scene/instruction.ts";

const COUNT = 60;
const EXAMPLES = Array.from({ length: COUNT }, (_, index) => generate("unit", index));

function shown(example: Example, edit: Edit): number {
  const picture = draw({ ...example.scene, targets: {} }, edit, SIDE, SIDE);
  return visiblePixels(picture, example.firstThing + example.things.length - 1);
}

function from({ family, opening }: Example): readonly CameraName[] {
  const expected: Record<string, readonly CameraName[]> = {
    behind: ["behind"],
    left: ["left"],
    right: ["right"],
    beside: ["left", "right"],
    inside: ["top"],
    under: ["low"],
  };
  expect(expected[family]).toContain(opening);
  return [opening];
}

describe("the toy world", () => {
  it("hides every answer from the given view, and from every edit that keeps the viewpoint", () => {
    const still: Edit[] = [
      { kind: "camera", camera: "front" },
      { kind: "tone", gain: 0.6 },
      { kind: "wall" },
      { kind: "ignored" },
    ];
    for (const example of EXAMPLES) {
      for (const edit of still) expect(shown(example, edit)).toBeLessThanOrEqual(2);
      // Nearer by half: a gap that shows two pixels may show five.
      expect(shown(example, { kind: "zoom" })).toBeLessThan(30);
    }
  });

  it("shows every answer from the camera that its question asks for", () => {
    for (const example of EXAMPLES) {
      for (const camera of from(example)) expect(shown(example, { kind: "camera", camera })).toBeGreaterThanOrEqual(60);
    }
  });

  it("shows it from no other camera but, where a roof is missing, the top", () => {
    let fromTop = 0;
    for (const example of EXAMPLES) {
      const useful = CAMERAS.filter((camera) => shown(example, { kind: "camera", camera }) >= 30);
      const others = useful.filter((camera) => camera !== example.opening);
      expect(others.filter((camera) => camera !== "top")).toEqual([]);
      if (others.length > 0) fromTop += 1;
    }
    // One in five of the four families with a roof: 8 of 60 expected, standard deviation 2.5.
    expect(fromTop).toBeGreaterThanOrEqual(2);
    expect(fromTop).toBeLessThanOrEqual(16);
  });

  it("never shows an answer's name elsewhere in its scene", () => {
    for (const { things } of EXAMPLES) {
      const names = things.map(({ colour, shape }) => `${colour} ${shape}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("asks by turns, and names in a beside question what stands there", () => {
    expect(EXAMPLES.slice(0, 6).map(({ family }) => family)).toEqual([...FAMILIES]);
    for (const { family, question, landmark, things, scene, firstThing, opening } of EXAMPLES) {
      if (family !== "beside") continue;
      expect(question).toContain(landmark);
      expect(`${things[0]!.colour} ${things[0]!.shape}`).toBe(landmark);
      const solid = scene.solids[firstThing]!;
      const x = solid.kind === "cone" ? solid.base[0] : solid.centre[0];
      expect(x < 0 ? "left" : "right").toBe(opening);
    }
  });

  it("is the same world for the same seed, another one for another", () => {
    expect(generate("unit", 17)).toEqual(EXAMPLES[17]);
    expect(generate("other", 17)).not.toEqual(EXAMPLES[17]);
    const scene = { ...EXAMPLES[5]!.scene, targets: {} };
    expect(raycast(scene, cameraOf(scene, "low"), SIDE, SIDE)).toEqual(
      draw(scene, { kind: "camera", camera: "low" }, SIDE, SIDE),
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAMERA_INSTRUCTIONS, USELESS_INSTRUCTIONS } from "../../../demo/world/words.ts";
import { type Edit, parseInstruction } from "../../../src/model/image/scene/instruction.ts";

const camera = (name: string): Edit => ({ kind: "camera", camera: name }) as Edit;

describe("an instruction", () => {
  it.each(Object.entries(CAMERA_INSTRUCTIONS))("asks for the camera %s in each of its wordings", (name, wordings) => {
    for (const wording of wordings) expect(parseInstruction(wording)).toEqual(camera(name));
  });

  it("may ask for something useless", () => {
    const read = Object.fromEntries(
      Object.entries(USELESS_INSTRUCTIONS).map(([name, wordings]) => [name, parseInstruction(wordings[0]!)]),
    );
    expect(read).toEqual({
      darker: { kind: "tone", gain: 0.6 },
      brighter: { kind: "tone", gain: 1.35 },
      zoom: { kind: "zoom" },
      wall: { kind: "wall" },
      front: camera("front"),
    });
  });

  it("is read by its first telling word", () => {
    expect(parseInstruction("from the LEFT, then from the right")).toEqual(camera("left"));
    expect(parseInstruction("from the right, not from the left")).toEqual(camera("right"));
  });

  it("is read in whole words", () => {
    expect(parseInstruction("make it brighter")).toEqual({ kind: "tone", gain: 1.35 });
    expect(parseInstruction("a backpack, leftovers and stops")).toEqual({ kind: "ignored" });
  });

  it("is ignored when it names nothing that can be drawn, and never throws", () => {
    expect(parseInstruction("")).toEqual({ kind: "ignored" });
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9 .,!?<>]*$/), (text) => {
        expect(parseInstruction(text)).toEqual({ kind: "ignored" });
      }),
    );
  });
});

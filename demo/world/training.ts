/**
 * Training data for the toy models, as raw arrays that numpy maps:
 *
 *     node demo/world/training.ts --out FOLDER --seed NAME --from 0 --count 7000
 *
 * rgb.u8      count × 3 views × 128 × 128 × 3
 * classes.u8  count × 3 views × 128 × 128: 0 for structure and background, else 1 + 3 · colour + shape
 * items.jsonl a line per scene; `views` says what the three are and how many pixels show the hidden thing
 *
 * The views of a scene: the given one, the helpful one, and one that is most often of no help.
 */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CAMERAS } from "../../src/model/image/scene/camera.ts";
import { draw } from "../../src/model/image/scene/draw.ts";
import type { Edit } from "../../src/model/image/scene/instruction.ts";
import { visiblePixels } from "../../src/model/image/scene/raycast.ts";
import type { Picture } from "../../src/model/image/scene/types.ts";
import { type Example, SIDE, generate } from "./generate.ts";
import { randomOf } from "./random.ts";
import { COLOURS, SHAPES } from "./words.ts";

/** Share of the third views that are no new viewpoint at all. */
const USELESS = 0.35;

const OTHER_EDITS: readonly Edit[] = [
  { kind: "camera", camera: "front" },
  { kind: "tone", gain: 0.6 },
  { kind: "tone", gain: 1.35 },
  { kind: "zoom" },
  { kind: "wall" },
];

function thirdEdit(example: Example, name: string): Edit {
  const random = randomOf(name);
  if (random.chance(USELESS)) return random.pick(OTHER_EDITS);
  const cameras = CAMERAS.filter((camera) => camera !== "front" && camera !== example.opening);
  return { kind: "camera", camera: random.pick(cameras) };
}

/** Per pixel: 0 for structure and background, else the class of the thing that shows. */
function classesOf({ ids }: Picture, { things, firstThing }: Example): Uint8Array {
  const classOf = new Uint8Array(256);
  things.forEach(({ colour, shape }, i) => {
    classOf[firstThing + i + 1] = 1 + COLOURS.indexOf(colour) * SHAPES.length + SHAPES.indexOf(shape);
  });
  return ids.map((id) => classOf[id]!);
}

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    seed: { type: "string" },
    from: { type: "string", default: "0" },
    count: { type: "string" },
  },
});
if (values.out === undefined || values.seed === undefined || values.count === undefined) {
  throw new Error("Usage: node demo/world/training.ts --out FOLDER --seed NAME [--from N] --count N");
}

mkdirSync(values.out, { recursive: true });
const open = (name: string): number => openSync(join(values.out!, name), "w");
const [rgb, classes, items] = [open("rgb.u8"), open("classes.u8"), open("items.jsonl")];
const from = Number(values.from);
for (let index = from; index < from + Number(values.count); index += 1) {
  const example = generate(values.seed, index);
  const { question, answer, family, opening, landmark, things, firstThing } = example;
  const edits: Edit[] = [
    { kind: "camera", camera: "front" },
    { kind: "camera", camera: opening },
    thirdEdit(example, `${values.seed}/${index}/third`),
  ];
  const views = edits.map((edit) => {
    const picture = draw({ ...example.scene, targets: {} }, edit, SIDE, SIDE);
    writeSync(rgb, picture.rgb);
    writeSync(classes, classesOf(picture, example));
    return { ...edit, pixels: visiblePixels(picture, firstThing + things.length - 1) };
  });
  writeSync(items, `${JSON.stringify({ question, answer, family, opening, landmark, views })}\n`);
}
for (const file of [rgb, classes, items]) closeSync(file);

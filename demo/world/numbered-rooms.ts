/**
 * Writes rooms with two things in them and questions that a picture alone does not answer: what the demo of the pointer
 * selector works on.
 *
 *     node demo/world/numbered-rooms.ts --out FOLDER [--pool 180] [--queries 80] [--test 120] [--seed toy-rooms]
 *
 * {pool,queries,test}.jsonl   {id, image, question, answer, answers}; no picture is in two files
 * images/<id>.png             128 × 128 pixels
 *
 * Asked is what stands beside a thing. The answer says it, and then the number that belongs to its colour: a convention
 * that nothing in picture or question tells, and that every example with an answer of this colour shows. So an example of
 * the same family helps, and one that is alike in all else does not; rooms are alike by their floors and by what is named
 * in the question, which mean nothing here. Of the ten people who answered, some forgot the number.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawGiven } from "../../src/model/image/scene/draw.ts";
import { writePng } from "../../src/model/image/scene-renderer.ts";
import type { Rgb, Scene } from "../../src/model/image/scene/types.ts";
import { SIDE } from "./generate.ts";
import { randomOf } from "./random.ts";
import { arrange } from "./relations.ts";
import { nameOf, type Thing } from "./thing.ts";
import { COLOURS, type Colour, colourOf } from "./words.ts";

const WORDINGS = [
  "What is beside the {landmark}, on the {floor} floor?",
  "What stands next to the {landmark}, where the {floor} floor is?",
  "What stands beside the {landmark}, in the room with the {floor} floor?",
];
const PEOPLE = 10;
const FORGETS = 0.1;
/** A floor is its colour, half as strong, over this grey: things of the same colour stand out. */
const PALE = 215;
const DIGITS = 10;

interface Row {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly answer: string;
  readonly answers: readonly string[];
}

/** Which number each colour has in the world `seed`; no two have the same. */
function numbersOf(seed: string): Map<Colour, number> {
  const random = randomOf(`${seed}/numbers`);
  const free = Array.from({ length: DIGITS }, (_, digit) => digit);
  return new Map(
    COLOURS.map((colour) => {
      const digit = random.pick(free);
      free.splice(free.indexOf(digit), 1);
      return [colour, digit];
    }),
  );
}

async function writeRoom(folder: string, seed: string, set: string, index: number): Promise<Row> {
  const random = randomOf(`${seed}/${set}/${index}`);
  const { scene, things } = arrange("beside", `${seed}/${set}`, index);
  const floor = random.pick(COLOURS);
  const id = `${set}-${String(index).padStart(4, "0")}`;
  const image = `images/${id}.png`;
  const room: Scene = { ...scene, solids: scene.solids.slice(0, 2), floor: pale(colourOf(floor)), targets: {} };
  await writePng(drawGiven(room, SIDE, SIDE).rgb, SIDE, SIDE, join(folder, image));
  const [landmark, asked] = (random.chance(0.5) ? things.slice(0, 2) : things.slice(0, 2).toReversed()) as [
    Thing,
    Thing,
  ];
  const question = random.pick(WORDINGS).replace("{landmark}", nameOf(landmark)).replace("{floor}", floor);
  const seen = nameOf(asked);
  const answer = `${seen} ${numbersOf(seed).get(asked.colour)!}`;
  const answers = Array.from({ length: PEOPLE }, () => (random.chance(FORGETS) ? seen : answer));
  return { id, image, question, answer, answers };
}

function pale(colour: Rgb): Rgb {
  return colour.map((channel) => Math.round((channel + PALE) / 2)) as unknown as Rgb;
}

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    pool: { type: "string", default: "180" },
    queries: { type: "string", default: "80" },
    test: { type: "string", default: "120" },
    seed: { type: "string", default: "toy-rooms" },
  },
});
const folder = values.out;
if (folder === undefined) throw new Error("Usage: node demo/world/numbered-rooms.ts --out FOLDER");
await mkdir(join(folder, "images"), { recursive: true });
// The pool is written last, so that a folder that has it is whole.
for (const set of ["test", "queries", "pool"] as const) {
  const rows = await Promise.all(
    Array.from({ length: Number(values[set]) }, (_, index) => writeRoom(folder, values.seed, set, index)),
  );
  await writeFile(join(folder, `${set}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

import type { Rgb, Scene, Solid, Vec3 } from "../../src/model/image/scene/types.ts";
import { type Random, randomOf } from "./random.ts";
import { nameOf, pickThing, solidOf, type Thing } from "./thing.ts";

/** A table of a room, and what stands on it. */
export interface Table {
  readonly name: string;
  readonly holds: string | null;
}

/** A room to plan in: three tables beside each other, one of them with a thing on it, and another thing on the floor. */
export interface Room {
  readonly scene: Scene;
  readonly tables: readonly Table[];
  /** What lies about. */
  readonly floor: readonly string[];
}

const TABLES: Readonly<Record<string, Rgb>> = {
  "black table": [26, 26, 30],
  "brown table": [140, 92, 44],
  "white table": [250, 250, 246],
};

/** Where tables and things stand, left to right: four columns, each in the middle of what a visual token shows. */
const COLUMNS = [-1.31, -0.44, 0.44, 1.31];
const JITTER = 0.08;
const HALF_TABLE: Vec3 = [0.4, 0.31, 0.3];

/** Room number `index` of the world `seed`. */
export function roomOf(seed: string, index: number): Room {
  const random = randomOf(`${seed}/${index}`);
  const [floor, ...places] = shuffled(COLUMNS, random);
  const names = shuffled(Object.keys(TABLES), random);
  const holder = random.pick(names);
  const things: Thing[] = [];
  const solids: Solid[] = [];
  const put = (foot: Vec3): string => {
    const thing = pickThing(random, things);
    things.push(thing);
    solids.push(solidOf(thing, foot, random.between(0.3, 0.36)));
    return nameOf(thing);
  };
  const tables = names.map((name, at): Table => {
    const x = places[at]! + random.between(-JITTER, JITTER);
    solids.push({ kind: "box", centre: [x, HALF_TABLE[1], 0], half: HALF_TABLE, colour: TABLES[name]! });
    return { name, holds: name === holder ? put([x, 2 * HALF_TABLE[1], 0]) : null };
  });
  const lying = put([floor! + random.between(-JITTER, JITTER), 0, random.between(0, 0.6)]);
  return {
    scene: { solids, floor: pale(150, random), wall: pale(190, random), aim: [0, 0.55, 0], distance: 4.8, targets: {} },
    tables,
    floor: [lying],
  };
}

/** A grey: `base` plus up to 40, the channels close together. */
function pale(base: number, random: Random): Rgb {
  const level = random.between(base, base + 40);
  const channel = (): number => Math.round(level + random.between(-12, 12));
  return [channel(), channel(), channel()];
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(left.indexOf(random.pick(left)), 1)[0]!);
}

import { raycast, visiblePixels } from "../../src/model/image/scene/raycast.ts";
import { cameraOf } from "../../src/model/image/scene/camera.ts";
import type { Rgb, Scene, Solid, Vec3 } from "../../src/model/image/scene/types.ts";
import { SIDE } from "./generate.ts";
import { type Random, randomOf } from "./random.ts";
import { type Thing, pickThing, solidOf } from "./thing.ts";
import { COLOURS, SHAPES, type Shape } from "./words.ts";

/** What a scene is laid out to be asked about. */
export const LAYOUTS = ["beside", "depth", "stack", "count", "distance"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** Relations of one thing to another, and their opposites. */
export const OPPOSITE = {
  "left of": "right of",
  "right of": "left of",
  "in front of": "behind",
  behind: "in front of",
  on: "under",
  under: "on",
} as const;
export type Relation = keyof typeof OPPOSITE;

/** Things on a floor. `things[i]` is what solid i shows. */
export interface Arranged {
  readonly layout: Layout;
  readonly scene: Omit<Scene, "targets">;
  readonly things: readonly Thing[];
  /** Of the first thing to the second; null where things are counted, or told apart by their distance. */
  readonly relation: Relation | null;
  /** Of a scene to count in: the shape that is asked for, and how often it is there. */
  readonly count: { readonly shape: Shape; readonly of: number } | null;
}

/** Pixels that every thing shows, at the size that scenes are tried out at. */
export const MIN_VISIBLE = 30;

/** Scene number `index` of the world `seed`. Scenes that break a limit are drawn again. */
export function arrange(layout: Layout, seed: string, index: number): Arranged {
  for (let attempt = 0; ; attempt += 1) {
    const arranged = propose(layout, randomOf(`${seed}/${layout}/${index}/${attempt}`));
    if (holds(arranged)) return arranged;
  }
}

interface Placed {
  readonly thing: Thing;
  readonly solid: Solid;
}

function propose(layout: Layout, random: Random): Arranged {
  const placed: Placed[] = [];
  const add = (foot: Vec3, radius: number, shape?: Shape): void => {
    const thing = pickOf(
      random,
      placed.map((each) => each.thing),
      shape,
    );
    placed.push({ thing, solid: solidOf(thing, foot, radius) });
  };
  const size = (): number => random.between(0.32, 0.4);
  let relation: Relation | null = null;
  let count: Arranged["count"] = null;

  if (layout === "beside") {
    const apart = random.between(1, 1.8);
    const middle = random.between(-0.4, 0.4);
    add([middle - apart / 2, 0, random.between(-0.2, 0.2)], size());
    add([middle + apart / 2, 0, random.between(-0.2, 0.2)], size());
    relation = "left of";
  } else if (layout === "depth") {
    const apart = random.between(1.1, 1.8);
    add([random.between(-0.6, 0.6), 0, apart / 2], size());
    add([random.between(-0.6, 0.6), 0, -apart / 2], size());
    relation = "in front of";
  } else if (layout === "stack") {
    const [x, z] = [random.between(-0.9, 0.9), random.between(-0.4, 0.4)];
    // A box of radius .44 is .76 high.
    add([x, 2 * 0.86 * 0.44, z], random.between(0.28, 0.34));
    add([x, 0, z], 0.44, "box");
    relation = "on";
  } else if (layout === "count") {
    const shape = random.pick(SHAPES);
    const of = random.pick([1, 2, 3, 4]);
    const others = SHAPES.filter((each) => each !== shape);
    for (let i = 0; i < of; i += 1) add(somewhere(random), size(), shape);
    for (let i = random.pick([0, 1, 2]); i > 0; i -= 1) add(somewhere(random), size(), random.pick(others));
    count = { shape, of };
  } else {
    const side = random.pick([-1, 1]);
    const middle = random.between(-0.2, 0.2);
    add([middle, 0, random.between(-0.2, 0.2)], size());
    add([middle + side * random.between(0.8, 0.9), 0, random.between(-0.2, 0.2)], size());
    add([middle - side * random.between(1.4, 1.5), 0, random.between(-0.2, 0.2)], size());
  }
  if (relation !== null && random.chance(0.5)) {
    placed.reverse();
    relation = OPPOSITE[relation];
  }
  if (relation !== null && random.chance(0.4)) add(somewhere(random), size());
  return {
    layout,
    scene: {
      solids: placed.map(({ solid }) => solid),
      floor: tint(random, 150),
      wall: tint(random, 190),
      aim: [0, 0.45, 0],
      distance: 4.8,
    },
    things: placed.map(({ thing }) => thing),
    relation,
    count,
  };
}

function pickOf(random: Random, taken: readonly Thing[], shape: Shape | undefined): Thing {
  if (shape === undefined) return pickThing(random, taken);
  const free = COLOURS.filter((colour) => !taken.some((each) => each.shape === shape && each.colour === colour));
  return { colour: random.pick(free), shape };
}

function somewhere(random: Random): Vec3 {
  return [random.between(-1.45, 1.45), 0, random.between(-1, 1.1)];
}

/** A pale grey: `base` plus up to 40, the channels close together. */
function tint(random: Random, base: number): Rgb {
  const level = base + random.between(0, 40);
  const channel = (): number => Math.round(level + random.between(-12, 12));
  return [channel(), channel(), channel()];
}

function holds({ scene, things }: Arranged): boolean {
  if (overlapping(scene.solids)) return false;
  const complete: Scene = { ...scene, targets: {} };
  const picture = raycast(complete, cameraOf(complete, "front"), SIDE, SIDE);
  return things.every((_, at) => visiblePixels(picture, at) >= MIN_VISIBLE);
}

/** Do two things that stand at one height stand in one place? */
function overlapping(solids: readonly Solid[]): boolean {
  const feet = solids.map(footOf);
  return feet.some((a, i) =>
    feet.some(
      (b, j) => j > i && Math.abs(a[1] - b[1]) < 0.6 && Math.abs(a[0] - b[0]) < 0.75 && Math.abs(a[2] - b[2]) < 0.75,
    ),
  );
}

/** The lowest point of its axis. */
function footOf(solid: Solid): Vec3 {
  if (solid.kind === "cone") return solid.base;
  const [x, y, z] = solid.centre;
  return [x, y - (solid.kind === "sphere" ? solid.radius : solid.half[1]), z];
}

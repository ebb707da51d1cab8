import { cameraOf } from "../../src/model/image/scene/camera.ts";
import { raycast, visiblePixels } from "../../src/model/image/scene/raycast.ts";
import type { Rgb, Scene, Solid, Vec3 } from "../../src/model/image/scene/types.ts";
import type { Opening } from "./alcove.ts";
import { layOut, openingOf } from "./layout.ts";
import { type Random, randomOf } from "./random.ts";
import { type Thing, nameOf, pickThing, solidOf } from "./thing.ts";
import { FAMILIES, type Family, STRUCTURES, questionsOf, structureColour } from "./words.ts";

/** A scene with its question. `things[i]` is what solid `first + i` shows; the last one is asked about. */
export interface Example {
  readonly scene: Omit<Scene, "targets">;
  readonly family: Family;
  /** The camera that shows the hidden thing. */
  readonly opening: Opening;
  readonly question: string;
  /** The thing beside which a `beside` question looks; empty in other families. */
  readonly landmark: string;
  readonly answer: string;
  readonly things: readonly Thing[];
  readonly firstThing: number;
}

/** Pixels at which scenes are tried out; the limits below are meant at this size. */
export const SIDE = 128;

/** The hidden thing must not give itself away in the given view, and must be plain to see from its open side. */
const MAX_GIVEN = 2;
const MIN_HELPFUL = 120;
/** A landmark must be plain to see in the given view. */
const MIN_LANDMARK = 80;

/** Scene number `index` of the world `seed`; families take turns. Scenes that break a limit are drawn again. */
export function generate(seed: string, index: number): Example {
  const family = FAMILIES[index % FAMILIES.length]!;
  for (let attempt = 0; ; attempt += 1) {
    const example = propose(family, randomOf(`${seed}/${index}/${attempt}`));
    if (holds(example)) return example;
  }
}

function propose(family: Family, random: Random): Example {
  const opening = openingOf(family, random);
  const structure = random.pick(STRUCTURES);
  const layout = layOut(opening, structureColour(structure), random);
  const hidden = pickThing(random, []);
  const things: Thing[] = [];
  const solids: Solid[] = [...layout.solids];
  const place = (foot: Vec3): void => {
    const thing = pickThing(random, [...things, hidden]);
    things.push(thing);
    solids.push(solidOf(thing, foot, random.between(0.28, 0.36)));
  };

  if (family === "beside") {
    const side = opening === "left" ? -1 : 1;
    place([side * random.between(1.35, 1.7), 0, random.between(0.9, 1.3)]);
  }
  const distractors = random.pick([1, 2, 3]);
  for (let i = 0; i < distractors; i += 1) place(somewhereAround(random));
  solids.push(solidOf(hidden, layout.foot, random.between(0.32, 0.38)));

  const landmark = family === "beside" ? nameOf(things[0]!) : "";
  return {
    scene: {
      solids,
      floor: tint(random, 150, 40),
      wall: tint(random, 190, 40),
      aim: [0, 0.55, 0],
      distance: 4.8,
    },
    family,
    opening,
    question: random.pick(questionsOf(family)).replace("{structure}", structure).replace("{landmark}", landmark),
    landmark,
    answer: nameOf(hidden),
    things: [...things, hidden],
    firstThing: layout.solids.length,
  };
}

/** A place on the ground outside of the structure, on a square ring. */
function somewhereAround(random: Random): Vec3 {
  const along = random.between(-1.7, 1.7);
  const out = random.between(1.35, 1.75) * (random.chance(0.5) ? 1 : -1);
  return random.chance(0.5) ? [along, 0, out] : [out, 0, along];
}

/** A pale colour: `base` plus up to `spread`, the channels close together. */
function tint(random: Random, base: number, spread: number): Rgb {
  const level = base + random.between(0, spread);
  const channel = (): number => Math.round(level + random.between(-12, 12));
  return [channel(), channel(), channel()];
}

function holds({ scene, opening, landmark, things, firstThing }: Example): boolean {
  const complete: Scene = { ...scene, targets: {} };
  if (overlapping(scene.solids.slice(firstThing))) return false;
  const hidden = firstThing + things.length - 1;
  const given = raycast(complete, cameraOf(complete, "front"), SIDE, SIDE);
  if (visiblePixels(given, hidden) > MAX_GIVEN) return false;
  if (landmark !== "" && visiblePixels(given, firstThing) < MIN_LANDMARK) return false;
  return visiblePixels(raycast(complete, cameraOf(complete, opening), SIDE, SIDE), hidden) >= MIN_HELPFUL;
}

function overlapping(solids: readonly Solid[]): boolean {
  const feet = solids.map((solid) => (solid.kind === "cone" ? solid.base : solid.centre));
  return feet.some((a, i) =>
    feet.some((b, j) => j > i && Math.abs(a[0] - b[0]) < 0.75 && Math.abs(a[2] - b[2]) < 0.75),
  );
}

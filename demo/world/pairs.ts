/**
 * Writes pairs of pictures with a caption, of which one fits: what the demo of the reward model works on.
 *
 *     node demo/world/pairs.ts --out FOLDER [--chains 160] [--pairs 240] [--held-out 200] [--seed toy-pairs]
 *
 * chains.json      chains of thought in the sharegpt shape, as a cold start learns them
 * pairs.jsonl      {id, images, caption, better, type}; their chains are sampled
 * held-out.jsonl   the same, measured on; no picture is in two of the three
 * images/*.png     a thing or two on the floor of an empty room
 *
 * The picture that does not fit shows the same colour as another shape, the same shape in another colour, or neither.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawGiven } from "../../src/model/image/scene/draw.ts";
import { writePng } from "../../src/model/image/scene-renderer.ts";
import type { Rgb, Scene } from "../../src/model/image/scene/types.ts";
import { type Random, randomOf } from "./random.ts";
import { nameOf, solidOf, type Thing } from "./thing.ts";
import { COLOURS, SHAPES } from "./words.ts";

/** Pixels along a side: the size that the toy models were trained at. */
const SIDE = 128;
const TYPES = ["colour", "shape", "both"] as const;
type PairType = (typeof TYPES)[number];

interface Pair {
  readonly id: string;
  readonly images: readonly [string, string];
  readonly caption: string;
  readonly better: 1 | 2;
  readonly type: PairType;
}

/** What a picture shows, for the chains that say it. */
type Shown = readonly [Thing, Thing];

async function makePair(folder: string, name: string, index: number): Promise<{ pair: Pair; shown: Shown }> {
  const random = randomOf(`${name}/${index}`);
  const type = TYPES[index % TYPES.length]!;
  const fitting: Thing = { colour: random.pick(COLOURS), shape: random.pick(SHAPES) };
  const other = unlike(fitting, type, random);
  const better = random.chance(0.5) ? 1 : 2;
  const shown: Shown = better === 1 ? [fitting, other] : [other, fitting];
  const id = `${name}-${String(index).padStart(4, "0")}`;
  const images = [`images/${id}-a.png`, `images/${id}-b.png`] as const;
  for (const place of [0, 1] as const) {
    const { rgb } = drawGiven(roomWith(shown[place], random), SIDE, SIDE);
    await writePng(rgb, SIDE, SIDE, join(folder, images[place]));
  }
  return { pair: { id, images, caption: nameOf(fitting), better, type }, shown };
}

function unlike({ colour, shape }: Thing, type: PairType, random: Random): Thing {
  const others = {
    colour: random.pick(COLOURS.filter((each) => each !== colour)),
    shape: random.pick(SHAPES.filter((each) => each !== shape)),
  };
  return { colour: type === "shape" ? colour : others.colour, shape: type === "colour" ? shape : others.shape };
}

/** A thing in plain sight, somewhere near the middle. */
function roomWith(thing: Thing, random: Random): Scene {
  const foot = [random.between(-0.7, 0.7), 0, random.between(-0.2, 1)] as const;
  const pale = (base: number): Rgb => {
    const level = random.between(base, base + 40);
    return [level, level, level].map((each) => Math.round(each + random.between(-12, 12))) as unknown as Rgb;
  };
  const solids = [solidOf(thing, foot, random.between(0.4, 0.6))];
  return { solids, floor: pale(150), wall: pale(190), aim: [0, 0.55, 0], distance: 4.8, targets: {} };
}

/** What a person would think: what either picture shows, then which one fits. */
function chainOf({ pair, shown }: { readonly pair: Pair; readonly shown: Shown }, ask: string): object {
  const [first, second] = shown.map(nameOf);
  const thought = `<think>Image 1: ${first}. Image 2: ${second}.</think>`;
  return {
    id: pair.id,
    images: pair.images,
    messages: [
      { role: "user", content: `<image><image>${ask.replace("{question}", pair.caption)}` },
      { role: "assistant", content: `${thought}<answer>Image ${pair.better} is better</answer>` },
    ],
  };
}

/** What the demo's recipe asks, too. */
const ASK = "Which image fits: {question}?";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    chains: { type: "string", default: "160" },
    pairs: { type: "string", default: "240" },
    "held-out": { type: "string", default: "200" },
    seed: { type: "string", default: "toy-pairs" },
  },
});
const folder = values.out;
if (folder === undefined) throw new Error("Usage: node demo/world/pairs.ts --out FOLDER");
await mkdir(join(folder, "images"), { recursive: true });
const many = async (name: string, count: string) =>
  Promise.all(Array.from({ length: Number(count) }, (_, index) => makePair(folder, `${values.seed}-${name}`, index)));
const lines = (made: readonly { readonly pair: Pair }[]): string =>
  made.map(({ pair }) => `${JSON.stringify(pair)}\n`).join("");
const chains = (await many("chain", values.chains)).map((made) => chainOf(made, ASK));
await writeFile(join(folder, "chains.json"), `${JSON.stringify(chains, null, 1)}\n`);
await writeFile(join(folder, "held-out.jsonl"), lines(await many("held-out", values["held-out"])));
// Written last, so that a folder that has it is whole.
await writeFile(join(folder, "pairs.jsonl"), lines(await many("pair", values.pairs)));

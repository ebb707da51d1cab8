/**
 * Writes rooms to plan in, as a folder of pictures that a user would bring.
 *
 *     node demo/world/write-rooms.ts --out FOLDER [--rooms 600] [--seed toy-rooms]
 *
 * room-<n>_0.png    a room, 128 × 128 pixels
 * room-<n>.json     what is in it, for the service that plans (plan-service.ts): nothing else reads it
 *
 * The same seed gives the same bytes, and a larger set begins with the smaller one.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawGiven } from "../../src/model/image/scene/draw.ts";
import { writePng } from "../../src/model/image/scene-renderer.ts";
import { SIDE } from "./generate.ts";
import { roomOf } from "./rooms.ts";

const ROOMS = "600";
const SEED = "toy-rooms";

/** Writes `count` rooms. */
export async function writeRooms(folder: string, count: number, seed: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < count; index += 1) {
    const { scene, ...known } = roomOf(seed, index);
    const name = join(folder, `room-${String(index).padStart(4, "0")}`);
    await writePng(drawGiven(scene, SIDE, SIDE).rgb, SIDE, SIDE, `${name}_0.png`);
    await writeFile(`${name}.json`, `${JSON.stringify(known)}\n`);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      rooms: { type: "string", default: ROOMS },
      seed: { type: "string", default: SEED },
    },
  });
  const count = Number(values.rooms);
  if (values.out === undefined || !Number.isInteger(count) || count < 1) {
    throw new Error("Usage: node demo/world/write-rooms.ts --out FOLDER [--rooms 600] [--seed toy-rooms]");
  }
  await writeRooms(values.out, count, values.seed);
  process.stdout.write(`${count} rooms in ${values.out}\n`);
}

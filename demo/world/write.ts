/**
 * Writes the toy world to disk as a user would bring a dataset: images and questions in the MMSI-Bench shape.
 *
 *     node demo/world/write.ts --out FOLDER [--questions 620] [--seed toy-world]
 *
 * questions.jsonl       id, images, question, answer, question_type; image names are relative to FOLDER
 * images/<scene>.png    the given view
 * images/<scene>.json   the scene behind it, for the scene renderer: nothing else reads it
 *
 * The same seed gives the same bytes, and a larger set begins with the smaller one. Questions are new scenes each.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawGiven } from "../../src/model/image/scene/draw.ts";
import { writePng } from "../../src/model/image/scene-renderer.ts";
import type { Scene } from "../../src/model/image/scene/types.ts";
import { SIDE, generate } from "./generate.ts";

/** Five rounds of 64 questions, 100 to gate by and 200 to report. */
const QUESTIONS = "620";
const SEED = "toy-world";

/** One line of questions.jsonl. */
interface Row {
  readonly id: string;
  readonly images: readonly string[];
  readonly question: string;
  readonly answer: string;
  readonly question_type: string;
}

/** Writes question number `index` with its image and scene; returns its line. */
async function writeQuestion(folder: string, seed: string, index: number): Promise<Row> {
  const { scene, question, answer, family, things, firstThing } = generate(seed, index);
  const number = String(index).padStart(4, "0");
  const id = `toy-${number}`;
  const name = `images/scene-${number}`;
  const described: Scene = { ...scene, targets: { [id]: firstThing + things.length - 1 } };
  await writePng(drawGiven(described, SIDE, SIDE).rgb, SIDE, SIDE, join(folder, `${name}.png`));
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(described)}\n`);
  return { id, images: [`${name}.png`], question, answer, question_type: family };
}

/** Writes `count` questions; returns the lines of questions.jsonl. */
export async function writeWorld(folder: string, count: number, seed: string): Promise<Row[]> {
  await mkdir(join(folder, "images"), { recursive: true });
  const rows: Row[] = [];
  for (let index = 0; index < count; index += 1) rows.push(await writeQuestion(folder, seed, index));
  // Written last, so that a folder that has it is whole.
  await writeFile(join(folder, "questions.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return rows;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      questions: { type: "string", default: QUESTIONS },
      seed: { type: "string", default: SEED },
    },
  });
  const count = Number(values.questions);
  if (values.out === undefined || !Number.isInteger(count) || count < 1) {
    throw new Error("Usage: node demo/world/write.ts --out FOLDER [--questions 620] [--seed toy-world]");
  }
  await writeWorld(values.out, count, values.seed);
  process.stdout.write(`${count} questions in ${join(values.out, "questions.jsonl")}\n`);
}

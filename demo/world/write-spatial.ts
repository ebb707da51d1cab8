/**
 * Writes toy data for spatial reasoning in the shapes of the field's data sets: small pictures of coloured solids, and
 * questions that the pictures answer.
 *
 *     node demo/world/write-spatial.ts --out FOLDER [--questions 800] [--seed toy-spatial] [--classes]
 *
 * sft.jsonl             as SpatialVLM's sets: image, conversations of one question and its answer     N rows
 * dpo.jsonl             as RLHF-V: image, text {question, chosen, rejected}, origin_split, idx        N / 2 rows
 * grpo.jsonl            as SpatialVLM's sets: image, question, answer, kind (spatial or counting)     N / 2 rows
 * vsr.jsonl             as VSR: image, caption, label, relation; for the report                       N / 4 rows
 * vsr.val.jsonl         the same, to choose by                                                        N / 8 rows
 * cv-bench.jsonl        as CV-Bench: idx, type, task, image, question, choices, answer, source        N / 4 rows
 * cv-bench.val.jsonl    the same, to choose by                                                        N / 8 rows
 * images/<file>/<n>.png 128 × 128 pixels; no picture is in two files, and each is asked about once
 * <file>.classes.u8     with --classes: rows × 128 × 128, what each pixel shows, as in training.ts: 0 for nothing, else
 *                       1 + 3 · colour + shape; for whoever makes a toy model that learns to see first
 *
 * Sentences are about left of, right of, in front of, behind, on and under, true as often as false; a false one is the
 * opposite of what is so. Choices are about counts (1 to 4 of a shape), left or right, what is in front, and what is
 * near. Both things that are asked about show 30 pixels at least. Left and right are the picture's; in front is nearer
 * to the camera. Training asks what the benchmarks ask, in their words, and counts with a number as the answer. In
 * CV-Bench's rows `source` names the real collection whose place an item takes: ADE20K and COCO in turn, and Omni3D
 * where space is asked about; nothing of those is in the pictures.
 *
 * The same seed gives the same bytes, and a larger set begins with the smaller one.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawGiven } from "../../src/model/image/scene/draw.ts";
import { writePng } from "../../src/model/image/scene-renderer.ts";
import type { Picture } from "../../src/model/image/scene/types.ts";
import { SIDE } from "./generate.ts";
import { type Random, randomOf } from "./random.ts";
import { type Arranged, arrange, type Layout } from "./relations.ts";
import { COLOURS, SHAPES } from "./words.ts";
import { type Asked, askedChoice, askedCount, askedSentence, choiceOf, sentenceOf } from "./spatial-questions.ts";

const QUESTIONS = "800";
const SEED = "toy-spatial";

const SENTENCES: readonly Layout[] = ["beside", "depth", "stack"];
/** Count, relation, depth and distance: counts and places of the plane, each in both collections, and twice space. */
const CHOICES: readonly Layout[] = ["count", "depth", "beside", "distance"];

/** The row of picture `image` about a scene; `index` is its number in its file. */
type Row = (image: string, index: number, random: Random) => { readonly arranged: Arranged; readonly row: object };

function sentenceRow(seed: string): Row {
  return (image, index, random) => {
    const arranged = arrange(SENTENCES[index % SENTENCES.length]!, seed, index);
    return { arranged, row: { image, ...sentenceOf(arranged, random) } };
  };
}

function choiceRow(seed: string): Row {
  return (image, index, random) => {
    const arranged = arrange(CHOICES[index % CHOICES.length]!, seed, index);
    const asked = choiceOf(arranged, random);
    const plane = Math.floor(index / CHOICES.length) % 2 === 0 ? "ADE20K" : "COCO";
    const source = asked.type === "3D" ? "Omni3D" : plane;
    return { arranged, row: { idx: index, ...asked, image, filename: image, source } };
  };
}

/** A question of a training file: sentences, choices and counts in turn. */
function asked(seed: string, index: number, random: Random): { readonly arranged: Arranged; readonly asked: Asked } {
  const turn = Math.floor(index / 3);
  if (index % 3 === 0) {
    const arranged = arrange(SENTENCES[turn % SENTENCES.length]!, seed, index);
    return { arranged, asked: askedSentence(sentenceOf(arranged, random)) };
  }
  if (index % 3 === 1) {
    const arranged = arrange(CHOICES[turn % CHOICES.length]!, seed, index);
    return { arranged, asked: askedChoice(choiceOf(arranged, random), random) };
  }
  const arranged = arrange("count", seed, index);
  return { arranged, asked: askedCount(arranged, random) };
}

function trainingRow(seed: string, rowOf: (image: string, index: number, asked: Asked) => object): Row {
  return (image, index, random) => {
    const found = asked(seed, index, random);
    return { arranged: found.arranged, row: rowOf(image, index, found.asked) };
  };
}

function demonstration(image: string, index: number, { question, right }: Asked): object {
  const conversations = [
    { from: "human", value: `<image>\n${question}` },
    { from: "gpt", value: right },
  ];
  return { id: `sft-${index}`, image, conversations };
}

function preference(image: string, index: number, { question, right, wrong, kind }: Asked): object {
  const text = JSON.stringify({ question, chosen: right, rejected: wrong });
  return { ds_name: "toy-spatial", image, text, origin_dataset: "toy-spatial", origin_split: kind, idx: String(index) };
}

function task(image: string, index: number, { question, right, kind }: Asked): object {
  return { id: `grpo-${index}`, image, question, answer: right, kind };
}

interface File {
  readonly name: string;
  readonly rows: number;
  readonly row: Row;
}

function filesOf(seed: string, questions: number): File[] {
  const part = (share: number): number => Math.max(1, Math.floor(questions / share));
  return [
    { name: "sft", rows: questions, row: trainingRow(`${seed}/sft`, demonstration) },
    { name: "dpo", rows: part(2), row: trainingRow(`${seed}/dpo`, preference) },
    { name: "grpo", rows: part(2), row: trainingRow(`${seed}/grpo`, task) },
    { name: "vsr", rows: part(4), row: sentenceRow(`${seed}/vsr`) },
    { name: "vsr.val", rows: part(8), row: sentenceRow(`${seed}/vsr.val`) },
    { name: "cv-bench", rows: part(4), row: choiceRow(`${seed}/cv-bench`) },
    { name: "cv-bench.val", rows: part(8), row: choiceRow(`${seed}/cv-bench.val`) },
  ];
}

/** Per pixel: 0 for floor and wall, else the class of the thing that shows. */
function classesOf({ ids }: Picture, { things }: Arranged): Uint8Array {
  const classOf = things.map(
    ({ colour, shape }) => 1 + COLOURS.indexOf(colour) * SHAPES.length + SHAPES.indexOf(shape),
  );
  return ids.map((id) => (id === 0 ? 0 : classOf[id - 1]!));
}

/** Writes all files, and returns the rows of each by its name. */
export async function writeSpatial(
  folder: string,
  questions: number,
  seed: string,
  withClasses = false,
): Promise<Map<string, object[]>> {
  const written = new Map<string, object[]>();
  for (const { name, rows: count, row: rowOf } of filesOf(seed, questions)) {
    await mkdir(join(folder, "images", name), { recursive: true });
    const rows: object[] = [];
    const classes: Uint8Array[] = [];
    for (let index = 0; index < count; index += 1) {
      const image = `images/${name}/${String(index).padStart(4, "0")}.png`;
      const { arranged, row } = rowOf(image, index, randomOf(`${seed}/${name}/${index}`));
      const picture = drawGiven({ ...arranged.scene, targets: {} }, SIDE, SIDE);
      await writePng(picture.rgb, SIDE, SIDE, join(folder, image));
      if (withClasses) classes.push(classesOf(picture, arranged));
      rows.push(row);
    }
    if (withClasses) await writeFile(join(folder, `${name}.classes.u8`), Buffer.concat(classes));
    // Written last, so that a file that is there has its pictures.
    await writeFile(join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    written.set(name, rows);
  }
  return written;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      questions: { type: "string", default: QUESTIONS },
      seed: { type: "string", default: SEED },
      classes: { type: "boolean", default: false },
    },
  });
  const count = Number(values.questions);
  if (values.out === undefined || !Number.isInteger(count) || count < 1) {
    throw new Error(
      "Usage: node demo/world/write-spatial.ts --out FOLDER [--questions 800] [--seed toy-spatial] [--classes]",
    );
  }
  const written = await writeSpatial(values.out, count, values.seed, values.classes);
  for (const [name, rows] of written)
    process.stdout.write(`${rows.length} rows in ${join(values.out, `${name}.jsonl`)}\n`);
}

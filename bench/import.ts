/**
 * What does the import of a large data set take? Writes 175,000 questions that share 2,000 small images, imports them
 * in a process of its own, as the first step of a run does, and prints its seconds and its peak of resident memory.
 *
 * Run: node bench/import.ts [questions]
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { parse } from "yaml";
import { importData } from "../activities/snowball/data.ts";
import type { ActivityDeps } from "../activities/deps.ts";
import { writeJsonLines } from "../src/artifact/files.ts";
import { createLocalStore } from "../src/artifact/local-store.ts";
import { parseRecipeObject } from "../src/pipeline/parse.ts";
import type { Recipe } from "../src/pipeline/snowball/recipe/index.ts";

const QUESTIONS = 175_000;
const IMAGES = 2_000;
/** Pixels: as small as an image may be and still be decoded like others. */
const SIDE = 64;

const FAMILIES = ["camera-camera", "camera-object", "object-object", "region-region", "motion", "measurement"];

/** About as long as the questions of MMSI-Bench. */
function* questions(count: number): Iterable<object> {
  for (let i = 0; i < count; i++) {
    yield {
      id: `scene-question-${i}`,
      images: [i, i * 7 + 3].map((number) => `images/${number % IMAGES}.png`).slice(0, 1 + (i % 2)),
      question:
        `The images are taken continuously from a first-person perspective in room ${i % 977}. If the table is to the north of the chair, ` +
        `in which direction from the lamp is object number ${i}? Options: A: North-east, B: South-west, C: North-west, D: South-east`,
      answer: "ABCD"[i % 4],
      question_type: FAMILIES[i % FAMILIES.length],
    };
  }
}

async function generate(root: string, count: number): Promise<void> {
  mkdirSync(join(root, "images"));
  for (let number = 0; number < IMAGES; number++) {
    const pixels = Buffer.alloc(SIDE * SIDE * 3, number % 251);
    pixels.writeUInt16BE(number, 0);
    const image = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
    await image.png().toFile(join(root, "images", `${number}.png`));
  }
  await writeJsonLines(join(root, "questions.jsonl"), questions(count));
}

async function importOnce(root: string): Promise<void> {
  const shipped = readFileSync(new URL("../configs/snowball.simulated.yaml", import.meta.url), "utf8");
  const recipe = parseRecipeObject({
    ...(parse(shipped) as object),
    data: { path: "questions.jsonl", image_root: ".", held_out: { val: 500, test: 1_000 } },
  });
  // The import asks for no other parts of a worker.
  const deps = { root, store: createLocalStore(join(root, "store")) } as ActivityDeps;
  const started = performance.now();
  const before = process.resourceUsage().maxRSS;
  const context = { signal: new AbortController().signal, report: () => undefined };
  const { dataset } = await importData(deps, context, recipe as Recipe);
  const seconds = (performance.now() - started) / 1000;
  const peak = process.resourceUsage().maxRSS;
  process.stdout.write(
    `${dataset.rows.toLocaleString("en-US")} questions: ${seconds.toFixed(1)} s, peak ${megabytes(peak)} MB resident, ` +
      `of which ${megabytes(before)} MB before the import began; ${dataset.key}\n`,
  );
}

function megabytes(kilobytes: number): string {
  return (kilobytes / 1024).toFixed(0);
}

const [first = QUESTIONS, root] = process.argv.slice(2);
if (root !== undefined) await importOnce(root);
else {
  const folder = mkdtempSync(join(tmpdir(), "snowball-import-"));
  try {
    await generate(folder, Number(first));
    // A process of its own: the peak is the import's, and not of what wrote the files.
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), String(first), folder], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

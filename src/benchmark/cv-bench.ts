import { z } from "zod";
import type { Question } from "../dataset/question.ts";
import type { Benchmark } from "./benchmark.ts";
import { LETTER_READERS } from "./letter-readers.ts";
import type { Score } from "./scores.ts";

const ASK = "Answer with the letter of the right choice.";

const settings = z.strictObject({});

/** The last letter that is taken for a choice, where the truth is no later one: a stray J is none. */
const LAST = "F";

/** What its pictures are from: two collections that ask about the plane, and one about space. */
const SOURCES = ["ADE20K", "COCO", "Omni3D"] as const;

const from = (source: (typeof SOURCES)[number]): Score => ({ part: source, has: (item) => item.source === source });
const task = (name: string): Score => ({ part: name, has: (item: Question) => item.question_type === name });

/** As the benchmark's authors reckon: neither the larger collection nor the larger half weighs more. */
const TWO_D: Score = { meanOf: [from("ADE20K"), from("COCO")] };
const THREE_D: Score = from("Omni3D");

/** CV-Bench (arXiv 2406.16860): counting, relation, depth order and relative distance, as questions with choices. */
export const cvBench: Benchmark<z.output<typeof settings>> = {
  settings,
  set: "cv-bench",
  variant: () => "strict reader",
  scores: {
    total: { meanOf: [TWO_D, THREE_D] },
    "2D": TWO_D,
    "3D": THREE_D,
    Count: task("Count"),
    Relation: task("Relation"),
    Depth: task("Depth"),
    Distance: task("Distance"),
  },
  problem({ answer, source }) {
    if (answer === undefined) return "it has no answer";
    if (!/^[A-J]$/.test(answer)) return `its answer ${JSON.stringify(answer)} is no choice's letter`;
    if (source === undefined) return `it has no source (${SOURCES.join(", ")})`;
    return (SOURCES as readonly string[]).includes(source)
      ? undefined
      : `its source ${JSON.stringify(source)} is none of ${SOURCES.join(", ")}`;
  },
  ask: ({ question }, images) => [
    {
      role: "user",
      content: [
        ...images.map((image) => ({ type: "image" as const, image })),
        { type: "text", text: `${question}\n${ASK}` },
      ],
    },
  ],
  judge({ answer }, text) {
    if (answer === undefined) throw new RangeError("a question without an answer cannot be judged");
    const said = LETTER_READERS.strict(text, answer > LAST ? answer : LAST);
    return { said, correct: said === answer };
  },
};

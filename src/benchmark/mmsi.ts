import { z } from "zod";
import type { Benchmark } from "./benchmark.ts";
import { LETTER_READERS } from "./letter-readers.ts";

/**
 * What MMSI-Bench has asked behind every question since its first release, kept to the letter: figures are compared
 * with published ones (github.com/OpenRobotLab/MMSI-Bench).
 */
const ASK = "Answer with the option's letter from the given choices directly. Enclose the option's letter within ``.";

const settings = z.strictObject({
  reader: z
    .enum(["strict", "mmsi"])
    .default("strict")
    .describe("strict: the letter that an answer states; mmsi: MMSI-Bench's own reading, for published figures"),
});

/** The last letter that can be an option: MMSI-Bench has four. */
const LAST = "D";

/** MMSI-Bench (arXiv 2505.23764): questions about several images, with four options each. */
export const mmsi: Benchmark<z.output<typeof settings>> = {
  settings,
  variant: ({ reader }) => `${reader} reader`,
  problem({ answer }) {
    if (answer === undefined) return "it has no answer";
    return letterOf(answer) === undefined ? `its answer ${JSON.stringify(answer)} is no option's letter` : undefined;
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
  judge({ answer }, text, { reader }) {
    const truth = letterOf(answer ?? "");
    if (truth === undefined) throw new RangeError("a question without a letter as its answer cannot be judged");
    const said = LETTER_READERS[reader](text, truth > LAST ? truth : LAST);
    return { said, correct: said === truth };
  },
};

/** "B", "(B)", "b.", "B. left": the letter of a true answer. */
function letterOf(answer: string): string | undefined {
  return /^\(?([a-j])(?:\)|[.:]|$)/i.exec(answer.normalize("NFKC").trim())?.[1]?.toUpperCase();
}

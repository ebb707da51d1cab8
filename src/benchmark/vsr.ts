import { z } from "zod";
import { askTruth } from "../dataset/sets/vsr.ts";
import type { Benchmark } from "./benchmark.ts";
import { statedTruth } from "./stated-truth.ts";

const settings = z.strictObject({});

/** VSR, Visual Spatial Reasoning (arXiv 2205.00363): is a sentence about two things in a picture true or false? */
export const vsr: Benchmark<z.output<typeof settings>> = {
  settings,
  set: "vsr",
  variant: () => "strict reader",
  problem({ answer }) {
    if (answer === undefined) return "it has no answer";
    return answer === "true" || answer === "false"
      ? undefined
      : `its answer ${JSON.stringify(answer)} is neither true nor false`;
  },
  ask: ({ question }, images) => [
    {
      role: "user",
      content: [
        ...images.map((image) => ({ type: "image" as const, image })),
        { type: "text", text: askTruth(question) },
      ],
    },
  ],
  judge({ answer }, text) {
    if (answer !== "true" && answer !== "false") {
      throw new RangeError("a sentence that is neither true nor false cannot be judged");
    }
    const said = statedTruth(text);
    return { said, correct: said === answer };
  },
};

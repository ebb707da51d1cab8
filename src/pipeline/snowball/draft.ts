import { StepFailure } from "../../failure.ts";
import { count } from "../../numbers.ts";
import type { DraftInput, Drafts } from "../pipeline.ts";
import { readData } from "./data.ts";
import { inspectData } from "./inspect-data.ts";
import { executor } from "./recipe/executor.ts";
import type { Recipe } from "./recipe/index.ts";
import { singleRoundRecipe } from "./recipe/single-round.ts";
import { snowballRecipe } from "./recipe/snowball.ts";
import { type DataSketch, dataSketches, sketch, type SketchInput, WORTH_A_LOOK } from "./sketch.ts";

/** Pixels: a rehearsal looks at no view, and a thousand large ones would take it minutes. */
const REHEARSED_SIDE = 64;

export const drafts: Drafts = {
  worthALook: WORTH_A_LOOK,
  async draft(root, input) {
    const { data, ...rest } = input;
    const wanted = { ...rest, data: data ?? "data/questions.json", executor: executorOf(input) };
    const [first] = dataSketches(Infinity, true);
    const size = data === undefined ? first! : await sizeFor(root, wanted);
    return { short: sketch({ ...wanted, size }), said: said(data, size) };
  },
};

/** Looks at the data: the most wanted split that it is large enough for. */
async function sizeFor(root: string, input: Omit<SketchInput, "size">): Promise<DataSketch> {
  const schema = input.pipeline === "single-round" ? singleRoundRecipe : snowballRecipe;
  const look = (size: DataSketch): Recipe => schema.parse(sketch({ ...input, size }));
  const { questions } = await readData(root, look({ hasAnswers: false, iterations: 1, val: 0, test: 0 }));
  const hasAnswers = questions.every((each) => each.answer !== undefined);
  const sizes = dataSketches(questions.length, hasAnswers);
  for (const size of sizes.slice(0, -1)) {
    try {
      await inspectData(root, look(size));
      return size;
    } catch (error) {
      // Too few questions for this split: the next one asks for less, and the last one says what is wrong.
      if (!(error instanceof StepFailure)) throw error;
    }
  }
  const least = sizes.at(-1)!;
  await inspectData(root, look(least));
  return least;
}

function said(data: string | undefined, { hasAnswers, iterations, val, test }: DataSketch): string {
  if (data === undefined) return ", without a look at any data: --data fits it to yours";
  const held = hasAnswers
    ? `${count(test)} test and ${count(val)} val questions held out`
    : "no answers, so nothing is held out";
  return `: ${iterations} iteration${iterations === 1 ? "" : "s"}, ${held}`;
}

function executorOf({ executor: wanted }: DraftInput): SketchInput["executor"] {
  const known: readonly string[] = executor.shape.backend.options;
  if (wanted === "simulated") return { backend: wanted, width: REHEARSED_SIDE, height: REHEARSED_SIDE };
  return known.includes(wanted) ? { backend: wanted } : { backend: "flux2-klein", model: wanted };
}

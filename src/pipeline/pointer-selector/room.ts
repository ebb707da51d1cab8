import { plural, size } from "../../numbers.ts";
import { changedFields } from "../../recipe/differences.ts";
import { imageFolder } from "../../dataset/source.ts";
import { checkImages } from "../../dataset/check-images.ts";
import { reportFailure } from "../../dataset/problems.ts";
import { StepFailure } from "../../failure.ts";
import type { Changes, Plan, Room } from "../pipeline.ts";
import { loadExamples, SET_NAMES } from "./examples.ts";
import { type Recipe, stagesOf } from "./recipe.ts";
import { shrink } from "./shrink.ts";
import { upkeep } from "./upkeep.ts";
import { verifySelector } from "./verify.ts";

/** Bytes that the store takes for a row of beams, a selection and an answer: some hundreds each. */
const ROW_BYTES = 2000;

/** Beginnings of fields that determine no result. */
const INERT = /^(critic|embedding)\.micro_batch/;

/** What of this pipeline reads files. */
export const room: Room<Recipe> = {
  models: ({ critic, embedding }) => [
    {
      who: "embedding",
      field: "embedding.model",
      backend: embedding.backend,
      model: embedding.model,
      attention: embedding.attn_implementation,
    },
    {
      who: "critic",
      field: "critic.model",
      backend: critic.backend,
      model: critic.model,
      attention: critic.attn_implementation,
    },
  ],
  devices: () => ({ field: "training", count: 1 }),
  plan: planSelector,
  async checkData(root, recipe, options) {
    const usable = [];
    for (const name of SET_NAMES) {
      const set = recipe.examples[name];
      try {
        const { examples, rows } = await loadExamples(root, set);
        const owners = [{ name: set.path, questions: examples, rows }];
        const images = await checkImages(imageFolder(root, set), owners, options);
        usable.push({ set: name, questions: examples.length, images: images.size });
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error;
        reportFailure(set.path, options.report, error);
      }
    }
    const lines = usable.map(
      ({ set, questions, images }) => `usable    ${set}: ${plural(questions, "question")} · ${plural(images, "image")}`,
    );
    return { json: { sets: usable }, lines };
  },
  changes,
  shrink,
  verify: verifySelector,
  upkeep,
};

/** Reckons what a run asks of the model: every extension of every beam, and every test question by every method. */
async function planSelector(root: string, recipe: Recipe): Promise<Plan> {
  const { beams, examples, shots } = recipe;
  const counted = await Promise.all(
    SET_NAMES.map(async (name) => (await loadExamples(root, examples[name])).examples.length),
  );
  const [pool, queries, test] = counted as [number, number, number];
  const drawn = Math.min(beams.candidates, pool);
  const scored = beams.given === undefined ? queries * setsOf(drawn, beams) : 0;
  const methods = ["random", "similarity", ...stagesOf(recipe)];
  const answers = test * methods.length * shots.length;
  const disk = (queries * beams.size + answers) * ROW_BYTES;
  return {
    disk,
    json: (free) => ({ run: recipe.name, pool, queries, test, scored, answers, disk, free }),
    lines: (free) => [
      `${recipe.name}   ${plural(scored, "set")} of examples scored, ${plural(answers, "answer")}`,
      `  examples    pool ${pool}, queries ${queries}, test ${test}`,
      `  methods     ${methods.join(", ")}, with ${shots.join(", ")} shots`,
      `  disk        ${size(disk)}${free === null ? "" : `; ${size(free)} are free`}`,
    ],
  };
}

/** Sets that a beam search scores. */
function setsOf(candidates: number, { size: beams, shots }: Recipe["beams"]): number {
  let sum = 0;
  for (let shot = 0, kept = 1; shot < shots; shot++) {
    const longer = kept * (candidates - shot);
    sum += longer;
    kept = Math.min(beams, longer);
  }
  return sum;
}

function changes(before: Recipe, after: Recipe): Changes {
  const { fields, counting } = changedFields(before, after, INERT);
  const determines = counting.length > 0;
  return {
    fields,
    determines,
    redone: determines
      ? [
          "Done again: the first step that depends on what changed, and what is built on it.",
          "Found in the store: all others.",
        ]
      : ["Nothing is done again: no result depends on what changed."],
  };
}

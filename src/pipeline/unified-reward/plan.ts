import { join } from "node:path";
import { mixtureCounts } from "../../dataset/sets/mix.ts";
import { loadExamples } from "../../dataset/sets/read.ts";
import { benchmarkLines, reckonAnswers } from "../../measuring/reckon.ts";
import { type Tensor, tensorsIfThere } from "../../model/weights.ts";
import { count, plural, size } from "../../numbers.ts";
import { setName } from "../../recipe/parts/mixture.ts";
import { optimizerSteps } from "../../training/common.ts";
import { stageLines, stagePlan, trainingBytes } from "../../training/reckon.ts";
import type { Plan } from "../pipeline.ts";
import { type Recipe, type StageName, stagesOf } from "./recipe.ts";

/** Bytes of a chain: its row, and a token of text; it is in its chunk, in the index and among the chains. */
const ROW = 800;
const TOKEN = 4;
const COPIES = 3;

/**
 * Reckons what a run costs: chains, answers, and rows and optimizer steps of every stage, should every chain be right.
 * @throws {StepFailure} BadInput when data is not usable as given
 */
export async function planUnifiedReward(root: string, recipe: Recipe): Promise<Plan> {
  const pairs = await pairsOf(root, recipe);
  const most = await rowsOf(root, recipe, pairs);
  const tensors = await tensorsOfInit(root, recipe);
  const chain = stagesOf(recipe);
  const stages = chain.map((stage) => {
    const rows = most[stage.name];
    return stagePlan(stage, rows, optimizerSteps(rows, stage.training));
  });
  const reckoned = await reckonAnswers(root, recipe, stages.length + 1);
  const { samples = 0, fill, max_rounds: rounds = 1 } = recipe.sampling ?? {};
  const samplers = recipe.dpo && recipe.dpo.chosen_from !== "sampling" && recipe.stages.includes("dpo") ? 2 : 1;
  const chains = pairs * samples * samplers;
  const asked = fill === "none" ? 1 : rounds;
  const tokens = recipe.answering.max_new_tokens;
  const disk = trainingBytes(tensors, chain) + reckoned.disk + chains * asked * COPIES * (ROW + tokens * TOKEN);
  const { benchmarks, answers } = reckoned;
  return {
    disk,
    json: (free) => ({ run: recipe.name, stages, pairs, chains, rounds: asked, benchmarks, answers, disk, free }),
    lines: (free) => [
      `${recipe.name}   ${plural(stages.length, "training")}, ${plural(chains, "chain")}, ${plural(answers, "answer")}`,
      ...stageLines(stages, "at most "),
      ...(chains === 0
        ? []
        : [
            `  sampling    ${plural(pairs, "pair")}, ${plural(chains, "chain")} a round, at most ${plural(asked, "round")}`,
          ]),
      ...benchmarkLines(reckoned),
      `  disk        ${size(disk)}${free === null ? "" : `; ${size(free)} are free`}`,
      `  each        at most ${count(tokens)} tokens an answer`,
    ],
  };
}

async function pairsOf(root: string, { sampling }: Recipe): Promise<number> {
  let pairs = 0;
  for (const { path, format } of sampling?.data ?? []) {
    pairs += (await loadExamples(root, { path, format }, "item")).examples.length;
  }
  return Math.min(pairs, sampling?.items ?? Infinity);
}

/** Rows that a stage has at most. */
async function rowsOf(root: string, { cold_start, rejection, dpo, sampling }: Recipe, pairs: number) {
  const sets = [];
  for (const { path, format, limit = Infinity, weight, name } of cold_start?.data ?? []) {
    const { examples } = await loadExamples(root, { path, format }, "demonstration");
    sets.push({ name: setName({ name, format }), available: Math.min(examples.length, limit), weight });
  }
  const given = sets.length === 0 ? [] : [...mixtureCounts(sets, cold_start?.rows).values()];
  const samples = (sampling?.samples ?? 1) * (sampling?.max_rounds ?? 1);
  return {
    cold_start: given.reduce((sum, each) => sum + each, 0),
    rejection: Math.min(pairs * Math.min(rejection?.per_item ?? 1, samples), rejection?.rows ?? Infinity),
    dpo: pairs * Math.min(dpo?.per_item ?? 1, samples),
  } satisfies Record<StageName, number>;
}

async function tensorsOfInit(root: string, { init, answering }: Recipe): Promise<readonly Tensor[]> {
  return (answering.backend === "simulated" ? null : await tensorsIfThere(join(root, init))) ?? [];
}

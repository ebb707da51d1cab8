import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson } from "../../src/artifact/files.ts";
import { type ArtifactRecipe, canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type {
  StageName,
  TrainedSelector,
  TrainSelectorInput,
} from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { type EmbeddedSets, readEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import type { Sets } from "../../src/pipeline/pointer-selector/examples.ts";
import type { Recipe } from "../../src/pipeline/pointer-selector/recipe.ts";
import { beamReward } from "../../src/pipeline/pointer-selector/rewards.ts";
import type { JobReport } from "../../src/process/protocol.ts";
import { createCheckpoints } from "../checkpoints.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openGround } from "./ground.ts";
import type { QueryBeams } from "./open.ts";

/** Raise when the meaning of a trained selector changes. */
const RESULT_VERSION = 2;

/** A query as the trainer reads it: places in the pool, one of the query, and beams as places among the candidates. */
interface TrainingQuery {
  readonly id: string;
  readonly query: number;
  readonly candidates: readonly number[];
  readonly beams: readonly { readonly picks: readonly number[]; readonly score: number; readonly reward: number }[];
}

/** One training of the selector, from what the one before made. All settings of its stage are in the key. */
export async function trainSelector(
  deps: ActivityDeps,
  context: StepContext,
  input: TrainSelectorInput,
): Promise<TrainedSelector> {
  const { recipe, sets } = await openGround(deps, input);
  const { stage, beams, embeddings, init } = input;
  const params = {
    stage,
    ...recipe.selector,
    ...recipe.training,
    shots: recipe.beams.shots,
    settings: recipe[stage],
    seed: recipe.seed,
  };
  const inputs = [...(init ? [init.sha256] : []), embeddings.sha256, beams.sha256];
  const keyed = { step: "selector", version: RESULT_VERSION, params, inputs };
  const { ref } = await makeArtifact(deps.store, keyed, async (folder) => {
    const embedded = await readEmbeddings(deps.store, embeddings);
    const rows = await readAllJsonLines<QueryBeams>(join(await deps.store.open(beams), "rows.jsonl"));
    const queries = trainingQueries(rows, sets, embedded, recipe.grpo.reward, stage);
    context.report({ doing: `train by ${stage}`, done: 0, total: queries.length });
    await writeJson(join(folder, "queries.json"), queries);
    if (recipe.training.backend === "simulated") {
      await writeJson(join(folder, "selector.json"), { digest: canonicalDigest({ params, inputs, queries }) });
      await writeJson(join(folder, "training.json"), { queries: queries.length });
    } else {
      await trainForReal(deps, context, { recipe, input, keyed, folder, count: queries.length });
    }
    return { rows: queries.length };
  });
  return { selector: ref, metrics: await readJson(join(await deps.store.open(ref), "training.json")) };
}

interface Running {
  readonly recipe: Recipe;
  readonly input: TrainSelectorInput;
  readonly keyed: ArtifactRecipe;
  readonly folder: string;
  /** Queries that are trained on or looked at. */
  readonly count: number;
}

/** Trains as a job on a leased device, from the newest whole checkpoint: one is kept after every epoch. */
async function trainForReal(
  { store, models }: ActivityDeps,
  { signal, report }: StepContext,
  { recipe, input, keyed, folder, count }: Running,
): Promise<void> {
  const { training, selector: network, beams, seed, simulate } = recipe;
  const { backend: _, ...common } = training;
  const { stage, init } = input;
  const settings = recipe[stage];
  const held = Math.min(count - 1, Math.floor(count * training.validation));
  const perEpoch = Math.ceil((count - held) / training.batch_size);
  const checkpoints = createCheckpoints(store, keyed, { saveSteps: perEpoch, maxSteps: perEpoch * settings.epochs });
  const resumed = await checkpoints.newest();
  const scratch = await checkpoints.scratch();
  let log = resumed?.log ?? "";
  const onEvent = async (event: JobReport): Promise<void> => {
    if (event.event === "progress") {
      const { step, total, metrics } = event;
      report({ doing: `train by ${stage}`, done: step, total, metrics });
      log += `${JSON.stringify({ step, ...metrics })}\n`;
    } else if (event.event === "checkpoint") await checkpoints.keep(event.step, event.folder, log, null);
  };
  const request = {
    stage,
    settings,
    training: common,
    network,
    shots: beams.shots,
    seed,
    queries: join(folder, "queries.json"),
    embeddings: await store.open(input.embeddings),
    init: init && (await store.open(init)),
    output: folder,
    checkpoints: scratch,
    resume_from: resumed?.folder ?? null,
    dtype: "float32",
    attn_implementation: "sdpa",
  };
  const options = { signal, silenceMs: recipe.retries.silence_s * 1000, onEvent };
  const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
  try {
    const metrics = await models.withTrainer({ backend: "trl", devices: 1, simulate }, waiting, (trainer) =>
      trainer.job("runners.selector.train", request, options),
    );
    await writeFile(join(folder, "training_log.jsonl"), log);
    await writeJson(join(folder, "training.json"), metrics);
  } finally {
    await checkpoints.discard(scratch);
  }
  await checkpoints.drop();
}

function trainingQueries(
  rows: readonly QueryBeams[],
  sets: Sets,
  embedded: EmbeddedSets,
  weights: Recipe["grpo"]["reward"],
  stage: StageName,
): TrainingQuery[] {
  const inPool = new Map(sets.pool.map(({ id }, at) => [id, at]));
  const inQueries = new Map(sets.queries.map(({ id }, at) => [id, at]));
  return rows.flatMap((row) => {
    if (!("beams" in row)) return [];
    const query = inQueries.get(row.id)!;
    const beams = row.beams.map(({ ids, score, accuracy }) => {
      const chosen = ids.map((id) => embedded.pool[inPool.get(id)!]!.text);
      const judged = { score, accuracy, chosen, query: embedded.queries[query]!.text };
      // Only reinforcement looks at rewards; the others learn from the scores.
      const reward = stage === "grpo" ? beamReward(judged, weights) : score;
      return { picks: ids.map((id) => row.candidates.indexOf(id)), score, reward };
    });
    return [{ id: row.id, query, candidates: row.candidates.map((id) => inPool.get(id)!), beams }];
  });
}

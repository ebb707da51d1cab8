import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson } from "../../src/artifact/files.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
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
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openGround } from "./ground.ts";
import type { QueryBeams } from "./open.ts";

/** Raise when the meaning of a trained selector changes. */
const RESULT_VERSION = 1;

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
  const { ref } = await makeArtifact(
    deps.store,
    { step: "selector", version: RESULT_VERSION, params, inputs },
    async (folder) => {
      const embedded = await readEmbeddings(deps.store, embeddings);
      const rows = await readAllJsonLines<QueryBeams>(join(await deps.store.open(beams), "rows.jsonl"));
      const queries = trainingQueries(rows, sets, embedded, recipe.grpo.reward, stage);
      context.report({ doing: `train by ${stage}`, done: 0, total: queries.length });
      await writeJson(join(folder, "queries.json"), queries);
      await writeJson(join(folder, "selector.json"), { digest: canonicalDigest({ params, inputs, queries }) });
      await writeJson(join(folder, "training.json"), { queries: queries.length });
      return { rows: queries.length };
    },
  );
  return { selector: ref, metrics: await readJson(join(await deps.store.open(ref), "training.json")) };
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

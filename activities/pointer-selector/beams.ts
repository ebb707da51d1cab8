import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import { vqaAccuracy } from "../../src/benchmark/vqa.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { CallOptions, Sampling, VlmBackend } from "../../src/model/vlm/backend.ts";
import type { BeamRow } from "../../src/pipeline/pointer-selector/beam-files.ts";
import { beamSearch } from "../../src/pipeline/pointer-selector/beam-search.ts";
import { nearnessOf, sampleCandidates } from "../../src/model/selector/candidates.ts";
import type { BeamInput } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { readEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import { allowedFor, type Example } from "../../src/pipeline/pointer-selector/examples.ts";
import { inContext, pathsBelow } from "../../src/pipeline/pointer-selector/prompt.ts";
import type { Recipe } from "../../src/pipeline/pointer-selector/recipe.ts";
import { policyDigest } from "../../src/run/policy.ts";
import { seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import type { StepContext } from "../step.ts";
import { askCritic, criticParams, givenTo, openGround } from "./ground.ts";
import type { QueryBeams } from "./open.ts";

/** Raise when the meaning of a beam changes. */
const RESULT_VERSION = 2;

/** A query with the candidates that it chooses from. */
interface Asking {
  readonly query: Example;
  readonly candidates: readonly Example[];
}

/** Searches the beams of a chunk of queries: sets of examples that make the true answer likelier. */
export async function searchBeams(deps: ActivityDeps, context: StepContext, input: BeamInput): Promise<ArtifactRef> {
  const opened = await openGround(deps, input);
  const { recipe, sets } = opened;
  const { chunk } = input;
  const own = sets.queries.slice(chunk.from, chunk.from + chunk.count);
  const reasons = new Map(chunk.poisoned?.map((each) => [each.place, each.reason]));
  const { given: _, ...search } = recipe.beams;
  const recipeOf = {
    step: "beams",
    version: RESULT_VERSION,
    params: {
      ...criticParams(recipe),
      ...search,
      seed: recipe.seed,
      queries: own.filter((_, place) => chunk.only === undefined || chunk.only === place).map(({ id }) => id),
      poisoned: [...reasons.keys()].map((place) => own[place]!.id),
    },
    inputs: [input.examples.sha256, input.embeddings.sha256, policyDigest(input.critic)],
  };
  const asking = await askingOf(deps, input, recipe, (place) => !reasons.has(place) && (chunk.only ?? place) === place);
  const given = givenTo(opened, input, new Set(asking.flatMap(({ query, candidates }) => [query, ...candidates])));
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
    const how = { ground: input, recipe, doing: "score beams", unchanged };
    const rows = await askCritic(deps, context, how, async (vlm, options) => {
      const found: QueryBeams[] = [];
      for (const each of asking) found.push(await searchOne(vlm, options, { ...each, recipe, root: deps.root }));
      return found;
    });
    for (const [place, reason] of reasons) rows.push({ id: own[place]!.id, candidates: [], reason });
    return { rows: await writeJsonLines(join(folder, "beams.jsonl"), rows) };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return ref;
}

async function askingOf(
  deps: ActivityDeps,
  input: BeamInput,
  { beams, seed }: Recipe,
  wanted: (place: number) => boolean,
): Promise<Asking[]> {
  const { pool, queries } = (await openGround(deps, input)).sets;
  const embedded = await readEmbeddings(deps.store, input.embeddings);
  const { from, count } = input.chunk;
  return queries.slice(from, from + count).flatMap((query, place) => {
    if (!wanted(place)) return [];
    const draw = { sampler: beams.sampler, count: beams.candidates, seed: seedFor(seed, query.id) };
    const near = nearnessOf(embedded.queries[from + place]!, embedded.pool);
    const places = sampleCandidates(near, allowedFor(query, pool), draw);
    return [{ query, candidates: places.map((at) => pool[at]!) }];
  });
}

interface One extends Asking {
  readonly recipe: Recipe;
  readonly root: string;
}

async function searchOne(vlm: VlmBackend, options: CallOptions, one: One): Promise<QueryBeams> {
  const { query, candidates, recipe, root } = one;
  const ids = candidates.map(({ id }) => id);
  const messages = (picks: readonly number[]) =>
    inContext(
      query,
      picks.map((pick) => candidates[pick]!),
      pathsBelow(root),
    );
  const logprobs = new Map<string, number>();
  const likely = async (sequences: readonly (readonly number[])[]): Promise<number[]> => {
    const items = sequences.map((picks) => ({ messages: messages(picks), answer: query.answer }));
    const found = await vlm.logprob(items, options);
    sequences.forEach((picks, at) => logprobs.set(picks.join(), found[at]!.mean_logprob));
    return found.map(({ mean_logprob }) => Math.exp(mean_logprob));
  };
  const [alone] = await likely([[]]);
  const unreadable = (picks: readonly number[]): QueryBeams => {
    const shown = picks.length === 0 ? "no examples" : picks.map((pick) => ids[pick]!).join(", ");
    return { id: query.id, candidates: ids, reason: `the answer's probability with ${shown} is no number` };
  };
  if (!Number.isFinite(alone)) return unreadable([]);
  const gain = async (sequences: readonly (readonly number[])[]): Promise<number[]> =>
    (await likely(sequences)).map((each) => each - alone!);
  const found = await beamSearch(candidates.length, recipe.beams, gain);
  if ("unscored" in found) return unreadable(found.unscored);
  const accuracies = recipe.beams.answers
    ? await answered(
        vlm,
        options,
        one,
        found.map(({ picks }) => messages(picks)),
      )
    : found.map(() => null);
  const beams = found.map(({ picks, score }, at): BeamRow => ({
    ids: picks.map((pick) => ids[pick]!),
    score,
    logprob: logprobs.get(picks.join())!,
    accuracy: accuracies[at]!,
  }));
  return { id: query.id, candidates: ids, beams };
}

async function answered(
  vlm: VlmBackend,
  options: CallOptions,
  { query, recipe }: One,
  prompts: ReturnType<typeof inContext>[],
) {
  const items = prompts.map((messages) => ({ messages, seeds: ["greedy"] }));
  const replies = await vlm.sample(items, greedy(recipe.critic.max_new_tokens), options);
  return replies.map(({ completions }) => vqaAccuracy(completions[0]!.text, query.answers));
}

/** The likeliest token each time. */
export function greedy(maxNewTokens: number): Sampling {
  return { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1, max_new_tokens: maxNewTokens };
}

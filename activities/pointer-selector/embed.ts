import { join } from "node:path";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import { determining, type Reasons } from "../../src/determining.ts";
import { type EmbedBackend, embedAll } from "../../src/model/embed/backend.ts";
import { openEmbedder } from "../../src/model/embed/open.ts";
import type { EmbedInput } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { writeEmbeddings } from "../../src/pipeline/pointer-selector/embeddings.ts";
import { SET_NAMES } from "../../src/pipeline/pointer-selector/examples.ts";
import type { Recipe } from "../../src/pipeline/pointer-selector/recipe.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import type { StepContext } from "../step.ts";
import { givenImages, openGround } from "./ground.ts";

/** Raise when the meaning of a vector changes. */
const RESULT_VERSION = 2;

/** What of the recipe's block determines no vector. */
export const NOT_OF_EMBEDDINGS = {
  micro_batch: "pictures and texts are embedded each for itself",
  model: "the digest of the encoder is an input",
} as const satisfies Reasons<Recipe["embedding"]>;

/** A vector for the pictures and one for the question of every example, once for the whole run. */
export async function embedExamples(deps: ActivityDeps, context: StepContext, input: EmbedInput): Promise<ArtifactRef> {
  const { recipe, sets } = await openGround(deps, input);
  const { encoder, examples } = input;
  const recipeOf = {
    step: "embeddings",
    version: RESULT_VERSION,
    params: determining(recipe.embedding, NOT_OF_EMBEDDINGS),
    inputs: [examples.sha256, encoder.digest],
  };
  const all = SET_NAMES.flatMap((name) => sets[name]);
  const models = recipe.embedding.backend === "simulated" ? [] : [encoder];
  const build = onGiven(deps, context, { models, images: givenImages(all) }, async (folder) => {
    const asked = all.map(({ images, question }) => ({
      images: images.map((name) => join(deps.root, name)),
      text: question,
    }));
    const options = {
      signal: context.signal,
      onProgress: (done: number, total: number) => context.report({ doing: "embed examples", done, total }),
    };
    const { embedded, cutTexts } = await withEmbedder(deps, context, input, recipe, (embedder) =>
      embedAll(embedder, asked, options),
    );
    let at = 0;
    const take = (set: readonly unknown[]) => set.map(() => embedded[at++]!);
    const vectors = { pool: take(sets.pool), queries: take(sets.queries), test: take(sets.test) };
    return { rows: await writeEmbeddings(folder, vectors), notes: { cut_texts: cutTexts } };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return ref;
}

/** Runs `use` with the recipe's embedder, on a leased device of whoever trains. */
async function withEmbedder<T>(
  { models, root }: ActivityDeps,
  { signal, report }: StepContext,
  { encoder }: EmbedInput,
  { embedding, retries, simulate }: Recipe,
  use: (embedder: EmbedBackend) => Promise<T>,
): Promise<T> {
  const spec = { ...embedding, model: join(root, encoder.folder), silenceMs: retries.silence_s * 1000 };
  const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
  return models.withTrainer({ backend: "trl", devices: 1, simulate }, waiting, async (trainer) =>
    use(await openEmbedder(spec, trainer)),
  );
}

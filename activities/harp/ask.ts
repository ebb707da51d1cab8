import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { readAllJsonLines, writeJsonLines } from "../../src/artifact/files.ts";
import { artifactKey, type ArtifactRecipe } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Bought, BoughtInput, PlansInput, SceneInput } from "../../src/pipeline/harp/contract/plan.ts";
import type { Recipe } from "../../src/pipeline/harp/recipe.ts";
import {
  plansPrompt,
  readPlans,
  readTasks,
  type Scene,
  type ScenePlans,
  type SceneTasks,
  simulatedAnswer,
  tasksPrompt,
} from "../../src/pipeline/harp/scenes.ts";
import { readRecipe, remembering } from "../../src/run/recipe-file.ts";
import { askChat, type Usage } from "../../src/service/chat.ts";
import { serviceKey } from "../../src/service/key.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import type { StepContext } from "../step.ts";

/** Raise when a prompt, or the meaning of what is read of an answer, changes. */
const TASKS_VERSION = 1;
const PLANS_VERSION = 1;

const scenesOf = remembering<Scene[]>();

/** One request: what there is in a scene, and tasks. An answer that cannot be read is kept as that, and paid for. */
export async function askTasks(deps: ActivityDeps, context: StepContext, input: SceneInput): Promise<Bought> {
  const { recipe, scene } = await about(deps, input);
  const { tasks_per_image: most } = recipe.plans;
  const recipeOf = tasksRecipe(recipe, scene);
  return bought<SceneTasks>(deps, context, { input, scene, recipeOf, file: "tasks.jsonl" }, async () => {
    const { text, cost } = await ask(deps, context, { recipe, input, scene, prompt: tasksPrompt(most) });
    return { id: scene.id, image: scene.image, cost, ...readTasks(text, most) };
  });
}

/** One request: the plans of a scene's tasks, each checked by the state machine. */
export async function askPlans(deps: ActivityDeps, context: StepContext, input: PlansInput): Promise<Bought> {
  const { recipe, scene } = await about(deps, input);
  const { actions } = recipe;
  const recipeOf = plansRecipe(recipe, scene, input.tasks);
  return bought<ScenePlans>(deps, context, { input, scene, recipeOf, file: "plans.jsonl" }, async () => {
    const [known] = await readAllJsonLines<SceneTasks>(join(await deps.store.open(input.tasks), "tasks.jsonl"));
    const { things, reason } = known!;
    const own = { id: scene.id, image: scene.image, things };
    if (reason !== undefined) return { ...own, cost: 0, plans: [], reason };
    const { text, cost } = await ask(deps, context, { recipe, input, scene, prompt: plansPrompt(known!) });
    return { ...own, cost, ...readPlans(text, known!, actions) };
  });
}

/** How many scenes, from the first without a gap, lie answered in the store: nobody has to be asked about them. */
export async function boughtBefore(
  deps: ActivityDeps,
  { report }: StepContext,
  { run, scenes }: BoughtInput,
): Promise<number> {
  const { recipe, all } = await read(deps, { run, scenes });
  for (const [count, scene] of all.entries()) {
    const tasks = await deps.store.find(artifactKey(tasksRecipe(recipe, scene)));
    const plans = tasks && (await deps.store.find(artifactKey(plansRecipe(recipe, scene, tasks))));
    if (!plans) return count;
    report({ doing: "look for what was bought", done: count, total: all.length });
  }
  return all.length;
}

function tasksRecipe(recipe: Recipe, { bytes }: Scene): ArtifactRecipe {
  return { step: "scene-tasks", version: TASKS_VERSION, params: askedOf(recipe), inputs: [bytes] };
}

function plansRecipe(recipe: Recipe, { bytes }: Scene, tasks: ArtifactRef): ArtifactRecipe {
  const params = { ...askedOf(recipe), actions: recipe.actions ?? null };
  return { step: "scene-plans", version: PLANS_VERSION, params, inputs: [bytes, tasks.sha256] };
}

async function about(deps: ActivityDeps, input: SceneInput) {
  const { recipe, all } = await read(deps, input);
  return { recipe, scene: all[input.chunk.from]! };
}

async function read({ store }: ActivityDeps, { run, scenes }: BoughtInput) {
  const { recipe } = await readRecipe<Recipe>(store, run);
  const all = await scenesOf(scenes.sha256, async () =>
    readAllJsonLines<Scene>(join(await store.open(scenes), "scenes.jsonl")),
  );
  return { recipe, all };
}

/** What of the recipe determines an answer; never the key. */
function askedOf({ plans }: Recipe): object {
  const { backend, address, model, tasks_per_image, max_tokens } = plans;
  return backend === "simulated" ? { backend, tasks_per_image } : { address, model, tasks_per_image, max_tokens };
}

interface Making {
  readonly input: SceneInput;
  readonly scene: Scene;
  readonly recipeOf: ArtifactRecipe;
  readonly file: string;
}

async function bought<T extends { readonly cost: number }>(
  deps: ActivityDeps,
  context: StepContext,
  { input, scene, recipeOf, file }: Making,
  answer: () => Promise<T>,
): Promise<Bought> {
  const given = { images: { folder: input.images, digests: new Map([[scene.image, scene.bytes]]) } };
  const build = onGiven(deps, context, given, async (folder) => ({
    rows: await writeJsonLines(join(folder, file), [await answer()]),
  }));
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return { ref, cost: await costOf(deps, ref, file) };
}

async function costOf({ store }: ActivityDeps, ref: ArtifactRef, file: string): Promise<number> {
  const [row] = await readAllJsonLines<{ cost: number }>(join(await store.open(ref), file));
  return row!.cost;
}

interface Asked {
  readonly recipe: Recipe;
  readonly input: SceneInput;
  readonly scene: Scene;
  readonly prompt: string;
}

async function ask(
  { root }: ActivityDeps,
  { signal, report }: StepContext,
  { recipe: { plans }, input, scene, prompt }: Asked,
): Promise<{ readonly text: string; readonly cost: number }> {
  if (plans.backend === "simulated") return { text: simulatedAnswer(prompt, scene.bytes), cost: 0 };
  report({ doing: "waiting for the service" });
  const bytes = await readFile(join(root, input.images, scene.image));
  const kind = /^\.jpe?g$/i.test(extname(scene.image)) ? "jpeg" : extname(scene.image).slice(1).toLowerCase();
  const image = `data:image/${kind};base64,${bytes.toString("base64")}`;
  const { address, model, timeout_s, max_tokens: maxTokens } = plans;
  const service = { address, model, key: await serviceKey(plans.key), timeoutMs: timeout_s * 1000 };
  const { text, usage } = await askChat(service, { prompt, image, maxTokens }, signal);
  return { text, cost: usage.cost ?? priced(usage, plans) };
}

/** A price is of a million tokens. */
const MILLION = 1e6;

function priced(
  { promptTokens, completionTokens }: Usage,
  { price_prompt, price_completion }: Recipe["plans"],
): number {
  return (promptTokens * price_prompt + completionTokens * price_completion) / MILLION;
}

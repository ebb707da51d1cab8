import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines, writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { linkFile } from "../../src/artifact/link-folder.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { Account } from "../../src/contract/account.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { AskedBenchmark } from "../../src/contract/benchmark.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { StepFailure } from "../../src/failure.ts";
import type { PlanData, SplitInput } from "../../src/pipeline/harp/contract/plan.ts";
import type { Recipe } from "../../src/pipeline/harp/recipe.ts";
import { type Scene, type ScenePlans, truthOf, withoutDetours } from "../../src/pipeline/harp/scenes.ts";
import { splitScenes } from "../../src/pipeline/harp/split.ts";
import { readRecipe } from "../../src/run/recipe-file.ts";
import { IMAGES_FILE, imageDigests, type TrainRow } from "../../src/training/algorithm.ts";
import { algorithmOf } from "../../src/training/index.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { imitated, rewarded } from "./rows.ts";

/** Raise when the meaning of the divided data changes. */
const RESULT_VERSION = 4;

interface Planned extends ImportedQuestion {
  readonly answer: string;
  readonly plan: string;
  readonly pixels: string;
}

const PARTS = ["train", "val", "test"] as const;
/** Files of the data, and where the run folder shows them. */
const SHOWN = ["tasks.jsonl", "actions.jsonl", "quarantined.jsonl", "split.json", "processed/processed_images.txt"];

/**
 * Divides the plans by scene, checks that no picture is in two parts, and shows the data in the run folder.
 * @throws {StepFailure} ThresholdExceeded where too many scenes have no plan, or too few are left to divide
 */
export async function splitPlans(deps: ActivityDeps, _context: StepContext, input: SplitInput): Promise<PlanData> {
  const { recipe } = await readRecipe<Recipe>(deps.store, input.run);
  const scenes = await readAllJsonLines<Scene>(join(await deps.store.open(input.scenes), "scenes.jsonl"));
  const answers = await readAllJsonLines<ScenePlans>(join(await deps.store.open(input.plans), "rows.jsonl"));
  const planned = plannedOf(answers, new Map(scenes.map((each) => [each.id, each])), recipe);
  const empty = scenes.length - new Set(planned.map(({ scene }) => scene)).size;
  refuseLosses(recipe, scenes.length, empty);
  const split = splitScenes(planned, ({ pixels }) => pixels, recipe.seed);
  refuseLeaks(split);
  if (split.test.length === 0) {
    throw new StepFailure(
      "ThresholdExceeded",
      `Plans of ${scenes.length - empty} scenes cannot be divided; three are needed.`,
    );
  }
  const account = accountOf(answers, split);
  const data = await keepData(deps, input, { answers, split, account, seed: recipe.seed });
  await show(deps, input, data);
  const images = new Map(scenes.map(({ image, bytes }) => [image, bytes]));
  // Truths have the recipe's actions, and the same plans can come with others.
  const actions = recipe.actions ?? null;
  const from = { step: "plan-rows", version: RESULT_VERSION, inputs: [data.sha256] };
  const rowsOf = async (part: "train" | "val", algorithm: "sft" | "grpo", made: TrainRow[]): Promise<ArtifactRef> => {
    const { ref } = await makeArtifact(deps.store, { ...from, params: { part, actions } }, async (folder) => {
      await writeJson(join(folder, algorithmOf(algorithm).files.rows), made);
      await writeJson(
        join(folder, IMAGES_FILE),
        imageDigests(made, (name) => images.get(name)),
      );
      await writeJson(join(folder, "account.json"), account);
      return { rows: made.length };
    });
    return ref;
  };
  const rows = await rowsOf(
    "train",
    "sft",
    split.train.map((each) => imitated(each, each.plan)),
  );
  const validation = await rowsOf(
    "val",
    "grpo",
    split.val.map((each) => rewarded(each, [])),
  );
  const asked = async (part: (typeof PARTS)[number]): Promise<AskedBenchmark> => {
    const items = split[part].map(({ plan: _, pixels: __, ...item }) => item);
    const recipeOf = { step: "items", version: RESULT_VERSION, params: { part, actions }, inputs: [data.sha256] };
    const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => ({
      rows: await writeJsonLines(join(folder, "items.jsonl"), items),
    }));
    return { name: "plan", benchmark: "plan", settings: {}, images: input.images, items: ref, count: ref.rows };
  };
  return { rows, validation, train: await asked("train"), test: await asked("test"), accounts: [account] };
}

function plannedOf(answers: readonly ScenePlans[], scenes: ReadonlyMap<string, Scene>, { actions }: Recipe): Planned[] {
  return answers.flatMap(({ id, image, things, plans }) => {
    const { bytes, pixels } = scenes.get(id)!;
    return plans.flatMap(({ task, plan, reason }, at): Planned[] => {
      if (reason !== undefined) return [];
      const answer = truthOf(withoutDetours(plan, actions), things, actions);
      const about = { images: [image], image_digests: [bytes], question_type: "plan", scene: id };
      return [{ id: `${id}-${at}`, question: task, answer, ...about, plan, pixels }];
    });
  });
}

type Divided = ReturnType<typeof splitScenes<Planned>>;

function refuseLosses({ plans }: Recipe, scenes: number, empty: number): void {
  if (empty <= plans.max_quarantined_share * scenes) return;
  throw new StepFailure(
    "ThresholdExceeded",
    `${empty} of ${scenes} scenes have no plan to learn from, more than plans.max_quarantined_share (${plans.max_quarantined_share}) allows; quarantined.jsonl of a run with a higher share says why.`,
  );
}

/** The split is by pixels, so this can only fail when that is broken: it is looked at, all the same. */
function refuseLeaks(split: Divided): void {
  const owner = new Map<string, string>();
  for (const part of PARTS) {
    for (const { pixels, id } of split[part]) {
      if ((owner.get(pixels) ?? part) === part) owner.set(pixels, part);
      else throw new StepFailure("LedgerImbalance", `The picture of task ${id} is in two parts of the split.`);
    }
  }
}

function accountOf(answers: readonly ScenePlans[], split: Divided): Account {
  const plans = answers.flatMap((each) => each.plans);
  const parts = {
    "to train on": split.train.length,
    "for validation": split.val.length,
    "for the test": split.test.length,
    quarantined: plans.filter(({ reason }) => reason !== undefined).length,
  };
  return { of: "plan", total: plans.length, parts };
}

interface Data {
  readonly answers: readonly ScenePlans[];
  readonly split: Divided;
  readonly account: Account;
  readonly seed: number;
}

async function keepData(
  { store }: ActivityDeps,
  { scenes, plans }: SplitInput,
  { answers, split, account, seed }: Data,
): Promise<ArtifactRef> {
  const recipeOf = {
    step: "plan-data",
    version: RESULT_VERSION,
    params: { seed },
    inputs: [scenes.sha256, plans.sha256],
  };
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    const whole = answers.flatMap(({ id, image, plans: own }) => own.map((each) => ({ id, image, ...each })));
    const good = whole.filter(({ reason }) => reason === undefined);
    const tasks = good.map(({ id, image, task }) => ({ id, image, task }));
    const actions = good.map(({ id, image, task, plan }) => ({ id, image, task, actions: plan.split("\n") }));
    const lost = answers.flatMap(({ id, image, reason }) => (reason === undefined ? [] : [{ id, image, reason }]));
    await writeJsonLines(join(folder, "tasks.jsonl"), tasks);
    await writeJsonLines(join(folder, "actions.jsonl"), actions);
    await writeJsonLines(join(folder, "quarantined.jsonl"), [
      ...lost,
      ...whole.filter(({ reason }) => reason !== undefined),
    ]);
    await writeFile(join(folder, "processed_images.txt"), answers.map(({ image }) => `${image}\n`).join(""));
    const named = PARTS.map((part) => [part, [...new Set(split[part].map(({ images }) => images[0]))]]);
    await writeJson(join(folder, "split.json"), Object.fromEntries(named));
    await writeJson(join(folder, "account.json"), account);
    return { rows: good.length };
  });
  return ref;
}

async function show({ store, root }: ActivityDeps, { folder }: SplitInput, data: ArtifactRef): Promise<void> {
  const from = await store.open(data);
  for (const name of SHOWN) await linkFile(join(from, name.split("/").at(-1)!), join(root, folder, name));
}

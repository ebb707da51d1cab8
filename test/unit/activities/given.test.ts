import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ArtifactRef } from "../../../src/contract/artifact.ts";
import { chunkOf } from "../../../src/contract/chunk.ts";
import type { ControlSteps, TrainSteps } from "../../../src/contract/steps.ts";
import type { TrainData } from "../../../src/contract/training.ts";
import type {
  ImagineSteps,
  RolloutSteps,
  ScoreSteps,
  SnowballSteps,
} from "../../../src/pipeline/snowball/contract/steps.ts";
import type { TrainRequest } from "../../../src/model/trainer/backend.ts";
import { createSimulatedTrainer } from "../../../src/model/trainer/simulated.ts";
import { names } from "../../support/artifacts.ts";
import { writeCheckpoint } from "../../support/checkpoint.ts";
import { aRow, dataRoot } from "../../support/data.ts";
import { parsed } from "../../support/recipe.ts";
import { stepsIn } from "../../support/steps.ts";

const ROWS = ["a", "b", "c"].map((id) => aRow(id));
const ON_CHUNK = { list: { set: "shard", shard: 0 }, chunk: chunkOf(ROWS.length, ROWS.length, 0) } as const;
type Steps = ControlSteps & TrainSteps & SnowballSteps & RolloutSteps & ImagineSteps & ScoreSteps;
const trainer = createSimulatedTrainer(undefined);

/** A run that was opened, of which every model is a folder, so that all that is given can change. */
async function opened(over: object = {}, more: (put: Put) => void = () => undefined) {
  const { root, recipe, put } = await dataRoot(ROWS);
  more(put);
  for (const who of ["planner", "critic", "evaluator"]) writeCheckpoint(join(root, "models", who));
  const all = {
    ...recipe,
    ...Object.fromEntries(
      (["planner", "critic", "evaluator"] as const).map((who) => [
        who,
        { ...recipe[who], backend: "transformers", model: `models/${who}` },
      ]),
    ),
    training: { ...recipe.training, backend: "trl", save_steps: 1 },
    chunk: { ...recipe.chunk, questions: ROWS.length },
    simulate: undefined,
    ...over,
  };
  const hooks = { during: (): void => undefined, train: trainer.train };
  put(
    "pairs.json",
    JSON.stringify([{ id: "1", image: "b.png", prompt: "Where?", chosen: "Here.", rejected: "There." }]),
  );
  put("zero.json", '{"zero_optimization": {"stage": 2}}');
  const bench = stepsIn<Steps>(root, { meanwhile: () => hooks.during(), train: (...asked) => hooks.train(...asked) });
  const recipeOf = parsed(all);
  const plan = await bench.steps.openSnowball(recipeOf, recipeOf.name);
  return { root, bench, plan, hooks };
}
type Put = Awaited<ReturnType<typeof dataRoot>>["put"];
type Opened = Awaited<ReturnType<typeof opened>>;

/** A training of the opened run on the given rows, and what it is told. */
function trainingOf({ plan }: Opened, data: readonly TrainData[]) {
  const { own, policy: init, run } = plan;
  return { run, title: "the round", job: { ...own.trainings[0]!.job, init, data } };
}

/** A step of the first round, with all that comes before it done. */
async function stepOf(here: Opened, step: string): Promise<() => Promise<unknown>> {
  const { steps } = here.bench;
  const { policy, digest, own } = here.plan;
  const run = { ...here.plan.run, dataset: own.dataset };
  const on = { run, ...ON_CHUNK };
  const rolled = () => steps.rolloutChunk({ ...on, policy, source: "sampled" });
  if (step === "rollout") return rolled;
  const rollouts = await rolled();
  const imagined = () => steps.imagineChunk({ ...on, rollouts });
  if (step === "imagine") return imagined;
  const input = { ...on, rollouts, views: await imagined() };
  if (step === "score") return () => steps.scoreChunk(input);
  if (step === "answer") return () => steps.answerChunk(input);
  const made = { rollout: rollouts, imagine: input.views, score: await steps.scoreChunk(input) };
  const rows = { link: "score", file: "labeled.jsonl" };
  const labeled = await steps.gatherChunks({ run, rows, chunks: [{ chunk: ON_CHUNK.chunk, made }] });
  const { pairs } = await steps.selectPairs(run, 0, labeled, policy);
  const training = trainingOf(here, [{ ref: pairs, sampledBy: digest }]);
  if (step === "train") return () => steps.trainPolicy(training);
  const { policy: candidate } = await steps.trainPolicy(training);
  return () => steps.mergePolicy({ ...training, policy: candidate });
}

async function refused(work: Promise<unknown>, sentence: RegExp): Promise<void> {
  await expect(work).rejects.toMatchObject({ type: "BadInput", message: expect.stringMatching(sentence) });
}

function made({ root }: Opened, step: string): number {
  return names(root, ".snowball/store/artifacts", step).length;
}

test("a step on an image that is not the one that was imported is refused, and nothing of it is kept", async () => {
  const here = await opened();
  const image = join(here.root, "data/images/b.png");
  const before = readFileSync(image);
  for (const step of ["rollout", "imagine", "score", "answer", "train", "merge"]) {
    const work = await stepOf(here, step);
    writeFileSync(image, readFileSync(join(here.root, "data/images/a.png")));
    await refused(
      work(),
      /^The given file "b\.png" \(below "data\/images"\) changed after the run was opened; put it back/,
    );
    rmSync(image);
    await refused(work(), /^The given file "b\.png" .* does not exist any more; put it back as it was, or start/);
    writeFileSync(image, before);
    here.hooks.during = () => writeFileSync(image, "no image");
    await refused(work(), /^The given file "b\.png" .* changed/);
    here.hooks.during = () => undefined;
    writeFileSync(image, before);
    expect(made(here, step), step).toBe(0);
    await work();
    expect(made(here, step), step).toBe(1);
  }
});

test("a step whose model is not the one that the run was opened with is refused, and nothing of it is kept", async () => {
  const here = await opened();
  const served = { rollout: "planner", score: "critic", answer: "evaluator", train: "planner", merge: "planner" };
  for (const [step, who] of Object.entries(served)) {
    const work = await stepOf(here, step);
    const file = join(here.root, "models", who, "tokenizer.json");
    const said = new RegExp(`^The model "models/${who}" changed after the run was opened;`);
    writeFileSync(file, "{ }");
    await refused(work(), said);
    rmSync(file);
    await refused(work(), said);
    writeFileSync(file, "{}");
    here.hooks.during = () => writeFileSync(file, "{ }");
    await refused(work(), said);
    here.hooks.during = () => undefined;
    writeFileSync(file, "{}");
    expect(made(here, step), step).toBe(0);
    await work();
  }
});

test("a checkpoint of a training that sees other images is not kept either", async () => {
  const here = await opened();
  const work = await stepOf(here, "train");
  const image = join(here.root, "data/images/b.png");
  const before = readFileSync(image);
  here.hooks.train = async (request, options) => {
    writeFileSync(join(request.checkpoints, "weights.pt"), "half way");
    writeFileSync(image, "no image");
    await options.onEvent({ event: "checkpoint", step: 1, folder: request.checkpoints });
    return trainer.train(request, options);
  };
  await refused(work(), /"b\.png" .* changed/);
  expect(made(here, "checkpoint")).toBe(0);
  writeFileSync(image, before);
});

const ONE_ROUND = { pipeline: "single-round", loop: {}, round: { pairs: "data/pairs.json" } };

test("the images of pairs of one's own are compared too, by training and merge", async () => {
  const here = await opened(ONE_ROUND);
  const image = join(here.root, "data/images/b.png");
  const before = readFileSync(image);
  const training = trainingOf(here, [{ ref: here.plan.own.givenPairs!.pairs, sampledBy: null }]);
  const train = () => here.bench.steps.trainPolicy(training);
  writeFileSync(image, "no image");
  await refused(train(), /"b\.png" .* changed/);
  writeFileSync(image, before);
  const { policy } = await train();
  expect(made(here, "train")).toBe(1);
  rmSync(image);
  await refused(here.bench.steps.mergePolicy({ ...training, policy }), /"b\.png" .* does not exist any more/);
});

const SCENE = { solids: [], floor: [9, 9, 9], wall: [5, 5, 5], aim: [0, 0, 0], distance: 5, targets: {} };

test("the descriptions that a scene renderer draws are compared too, and belong to the key of its views", async () => {
  const keys: string[] = [];
  for (const distance of [5, 6]) {
    const here = await opened({ executor: { backend: "scene-renderer", width: 48, height: 32 } }, (put) => {
      for (const { id } of ROWS) put(`images/${String(id)}.json`, JSON.stringify({ ...SCENE, distance }));
    });
    const work = await stepOf(here, "imagine");
    const file = join(here.root, "data/images/b.json");
    const before = readFileSync(file);
    rmSync(file);
    await refused(work(), /^The given file "b\.json" .* does not exist any more/);
    writeFileSync(file, before);
    keys.push(((await work()) as ArtifactRef).key);
  }
  expect(keys[0]).not.toBe(keys[1]);

  const without = opened({ executor: { backend: "scene-renderer" } });
  await refused(
    without,
    /row 1 \(id "a"\): "a\.json", which executor\.backend scene-renderer needs beside the image, does not exist/,
  );
});

test("a DeepSpeed configuration and the prompts are read when the run is opened, and not again", async () => {
  const here = await opened({ training: { backend: "trl", deepspeed: "data/zero.json" } });
  const asked: TrainRequest[] = [];
  here.hooks.train = (request, options) => {
    asked.push(request);
    return trainer.train(request, options);
  };
  rmSync(join(here.root, "data/zero.json"));
  rmSync(join(here.root, "configs/prompts"), { recursive: true });
  await (
    await stepOf(here, "merge")
  )();
  expect(asked[0]!.deepspeed).toEqual({ zero_optimization: { stage: 2 } });
});

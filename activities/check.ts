import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { writeJson } from "../src/artifact/files.ts";
import { judge as judgeAll } from "../src/checking/judge.ts";
import type { Measured } from "../src/checking/measured.ts";
import type { CheckInput, Finding } from "../src/contract/check.ts";
import { plural } from "../src/contract/table.ts";
import type { RunPlan } from "../src/contract/run.ts";
import { StepFailure } from "../src/failure.ts";
import type { AskedOfMlx, CheckRequest } from "../src/model/trainer/backend.ts";
import { temporaryFolder } from "../src/process/environment.ts";
import type { Algorithm, Judge, TrainRow } from "../src/training/algorithm.ts";
import type { ActivityDeps } from "./deps.ts";
import { checkGiven, type Given, givenFolders, imagesOf } from "./given.ts";
import { checkJudged, withJudge } from "./judge.ts";
import { ownRewards } from "./own-rewards.ts";
import type { StepContext } from "./step.ts";
import { foldersOf, joinRows, tooFew, trainSettings } from "./train-request.ts";

/** Rows that are looked at, spread over all: what is wrong with one is nearly always wrong with many. */
const ROWS = 512;
/** Completions of a question: enough for rewards to differ. Greedy ones are all alike. */
const COMPLETIONS = 4;
/** Completions in all. */
const SAID = 16;

/**
 * Opens a recipe as its run does, by its pipeline's own first step, and leaves no trace of a run: imported rows, images
 * and questions stay in the store, where the run finds them.
 */
export async function openToCheck<Plan extends RunPlan<unknown>>(
  deps: ActivityDeps,
  name: string,
  open: (deps: ActivityDeps) => Promise<Plan>,
): Promise<Plan> {
  const results = relative(deps.root, join(deps.state, "check"));
  const plan = await open({ ...deps, results });
  await rm(join(deps.root, plan.folder), { recursive: true, force: true });
  await rm(join(deps.state, "runs", `${name}.json`), { force: true });
  return { ...plan, folder: "" };
}

/** Tries a training of a recipe: its rows, the checkpoint that it starts from, one step. Nothing of it is kept. */
export async function checkTraining(
  deps: ActivityDeps,
  context: StepContext,
  input: CheckInput,
): Promise<readonly Finding[]> {
  const { job, title } = input;
  const { opened, algorithm, own, settings } = await trainSettings(deps.store, input);
  const rows = await joinRows(deps, input, algorithm.files.rows);
  const { backend } = own;
  const { judges } = await ownRewards(deps, algorithm.ownJudges?.(own) ?? []);
  const judge = algorithm.judge?.(own, judges);
  const problem = problemOf(() => {
    if (input.answers === "given" && algorithm.steps(rows.length, own) === 0) throw tooFew(rows.length, title);
    checkJudged(judge, rows);
  });
  if (problem !== null) {
    return [{ check: "data", outcome: "failed", seen: problem, advice: "Change the recipe or the rows." }];
  }
  const data: Finding = {
    check: "data",
    outcome: "passed",
    seen: `${plural(rows.length, "row")} were read, with every image.`,
    advice: "",
  };
  const given: Given = {
    models: backend === "simulated" ? [] : givenFolders([job.init, job.reference]),
    images: { folder: job.images, digests: await imagesOf(deps, job.data) },
  };
  await checkGiven(deps, context, given);
  const folder = await mkdtemp(join(temporaryFolder(), "snowball-check-"));
  try {
    const paths = {
      data: join(folder, algorithm.files.joined),
      output: join(folder, "output"),
      checkpoints: join(folder, "checkpoints"),
    };
    await writeJson(paths.data, rows);
    await mkdir(paths.output);
    const folders = await foldersOf(deps, job);
    const measured = await withJudge(judge, rows, (socket) => {
      const items = input.mlx === undefined ? [] : itemsOf(algorithm.prompts, rows, join(deps.root, job.images));
      const own = { check: asking(input), mlx: input.mlx ?? null, of: rows.length, items };
      const request: CheckRequest = {
        ...settings,
        ...folders,
        ...paths,
        resume_from: null,
        validation: null,
        judge: socket,
        ...own,
      };
      const spec = {
        backend: input.mlx === undefined ? backend : "trl",
        devices: 1,
        simulate: opened.recipe.simulate,
      } as const;
      return tried(deps, context, { spec, request, silenceMs: opened.recipe.retries.silence_s * 1000 });
    });
    if (measured === null) return [data, nothing];
    const found = judgeAll(measured, judge ? await rewardsOf(judge, rows, measured) : null);
    // MLX only speaks.
    return [data, ...(input.mlx === undefined ? found : found.filter(({ check }) => check !== "step"))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nothing: Finding = {
  check: "model",
  outcome: "not possible",
  seen: "The training is simulated: there is no checkpoint to try.",
  advice: "",
};

function asking({ answers, sampling }: CheckInput): CheckRequest["check"] {
  const completions = sampling.temperature === 0 ? 1 : COMPLETIONS;
  return { rows: ROWS, answers, questions: SAID / completions, completions, sampling, micro_batch: SAID };
}

/** What rows spread over all of them ask. */
function itemsOf(prompts: Algorithm["prompts"], rows: readonly TrainRow[], images: string): AskedOfMlx[] {
  const most = Math.min(rows.length, ROWS);
  const places = Array.from({ length: most }, (_, at) => Math.floor((at * rows.length) / most));
  const asked = prompts(
    places.map((place) => rows[place]!),
    (names) => names.map((name) => join(images, name)),
  );
  return places.map((row, at) => {
    const { id, image } = rows[row]!;
    return { row, id, images: image.length, messages: asked[at]! };
  });
}

interface Trying {
  readonly spec: Parameters<ActivityDeps["models"]["withTrainer"]>[0];
  readonly request: CheckRequest;
  readonly silenceMs: number;
}

function tried(deps: ActivityDeps, { signal, report }: StepContext, { spec, request, silenceMs }: Trying) {
  const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
  const onEvent = (): void => report({ doing: "check" });
  return deps.models.withTrainer(spec, waiting, (trainer) => trainer.check(request, { signal, silenceMs, onEvent }));
}

/** What is worth of what was said, by question. */
async function rewardsOf(judge: Judge, rows: readonly TrainRow[], { said }: Measured): Promise<number[][] | null> {
  if (!Array.isArray(said)) return null;
  return Promise.all(
    said.map(({ row, completions }) =>
      Promise.all(completions.map(async ({ text }) => (await judge.score(rows[row]!, text)).reward)),
    ),
  );
}

function problemOf(look: () => void): string | null {
  try {
    look();
    return null;
  } catch (error) {
    if (error instanceof StepFailure && error.type === "BadInput") return error.message;
    throw error;
  }
}

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { AnswerSteps } from "../../../src/contract/benchmark.ts";
import { chunkOf } from "../../../src/contract/chunk.ts";
import type { TrainSteps } from "../../../src/contract/steps.ts";
import { createSimulatedTrainer } from "../../../src/model/trainer/simulated.ts";
import type { SpatialSteps } from "../../../src/pipeline/spatial/contract/plan.ts";
import { names } from "../../support/artifacts.ts";
import { configText } from "../../support/recipe.ts";
import { stepsIn } from "../../support/steps.ts";
import { temporaryFolder } from "../../support/temporary.ts";

type Steps = AnswerSteps & TrainSteps & SpatialSteps;

/** A run of the chain that was opened on a copy of the sample data. */
async function opened() {
  const root = temporaryFolder();
  cpSync(join(import.meta.dirname, "../../../configs/samples"), join(root, "configs/samples"), { recursive: true });
  const hooks = { during: (): void => undefined };
  const { train } = createSimulatedTrainer(undefined);
  const { steps } = stepsIn<Steps>(root, { meanwhile: () => hooks.during(), train });
  const plan = await steps.openSpatial(parse(configText("spatial.simulated.yaml")), "spatial-simulated");
  return { root, hooks, steps, plan };
}

test("answers to, and trainings on, an image that is not the one that was imported are refused, and none is kept", async () => {
  const { root, hooks, steps, plan } = await opened();
  const { run, policy, own } = plan;
  const asked = own.asking.benchmarks[0]!;
  const chunk = chunkOf(asked.count, 4, 0);
  const [sft] = own.stages;
  const works = {
    "answer-items": ["00.png", () => steps.answerItems({ run, asked, policy, serving: own.asking.serving, chunk })],
    train: ["12.png", () => steps.trainPolicy({ run, title: "stage 1", job: { ...sft!.job, init: policy } })],
  } as const;
  for (const [step, [name, work]] of Object.entries(works)) {
    const image = join(root, "configs/samples/images", name);
    const before = readFileSync(image);
    const refused = (what: string) =>
      expect(work()).rejects.toMatchObject({
        type: "BadInput",
        message: expect.stringMatching(new RegExp(`^The given file ".*${name}" .* ${what}`)) as string,
      });
    writeFileSync(image, readFileSync(join(root, "configs/samples/images/20.png")));
    await refused("changed after the run was opened");
    rmSync(image);
    await refused("does not exist any more");
    writeFileSync(image, before);
    hooks.during = () => writeFileSync(image, "no image");
    await refused("changed");
    hooks.during = () => undefined;
    writeFileSync(image, before);
    expect(names(root, ".snowball/store/artifacts", step), step).toEqual([]);
    await work();
    expect(names(root, ".snowball/store/artifacts", step), step).toHaveLength(1);
  }
});

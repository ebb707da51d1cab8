import { cpSync } from "node:fs";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import pino from "pino";
import type { ActivityDeps } from "../../activities/deps.ts";
import { activitiesOf } from "../../activities/index.ts";
import { createLocalStore } from "../../src/artifact/local-store.ts";
import { ROLES } from "../../src/contract/queues.ts";
import { createSimulatedExecutor } from "../../src/model/image/simulated.ts";
import { createSceneRenderer } from "../../src/model/image/scene-renderer.ts";
import type { Models } from "../../src/model/models.ts";
import { createSimulatedTrainer } from "../../src/model/trainer/simulated.ts";
import type { TrainerBackend } from "../../src/model/trainer/backend.ts";
import { createSimulatedVlm } from "../../src/model/vlm/simulated.ts";

/** A worker's steps without a server; a call runs a step as a worker does. */
export interface Bench<Steps> {
  readonly deps: ActivityDeps;
  readonly steps: Steps;
}

/**
 * The steps of runs without a server: every model is simulated, whatever the recipe says.
 * `meanwhile` happens while a model is at work; `train` is the training itself.
 */
export function stepsIn<Steps>(
  root: string,
  { meanwhile, train }: { readonly meanwhile: () => void; readonly train: TrainerBackend["train"] },
): Bench<Steps> {
  cpSync(join(import.meta.dirname, "../../configs/prompts"), join(root, "configs/prompts"), { recursive: true });
  const during = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    meanwhile();
    return result;
  };
  const models: Models = {
    withVlm: (_role, spec, _options, use) => during(use(createSimulatedVlm(spec.serving, spec.simulate))),
    withExecutor: (spec, _options, use) =>
      during(
        use(
          spec.backend === "scene-renderer"
            ? createSceneRenderer(spec)
            : createSimulatedExecutor({ width: 48, height: 32 }, undefined),
        ),
      ),
    withTrainer: (_spec, _options, use) => during(use({ ...createSimulatedTrainer(undefined), train })),
    close: async () => undefined,
  };
  const deps: ActivityDeps = {
    root,
    results: "results",
    state: join(root, ".snowball"),
    store: createLocalStore(join(root, ".snowball/store")),
    models,
    allowed: [],
    searchAttributes: false,
    log: pino({ level: "silent" }),
  };
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger("ERROR") });
  const bound = ([...ROLES, "control"] as const).flatMap((queue) =>
    Object.entries(activitiesOf(queue, deps)).map(([name, step]) => [
      name,
      (...args: unknown[]) => environment.run(step as (...all: unknown[]) => Promise<unknown>, ...args),
    ]),
  );
  return { deps, steps: Object.fromEntries(bound) as Steps };
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { stringify } from "yaml";
import { readJson, writeJson } from "../../artifact/files.ts";
import type { Device } from "../../device/pool.ts";
import { StepFailure } from "../../failure.ts";
import { runJob } from "../../process/job.ts";
import { IMAGE_MARKER } from "../../prompt/messages.ts";
import { DATASET, DATASET_INFO, type FactorySettings, factoryYaml } from "../../training/llama-factory.ts";
import type { SftRow } from "../../training/sft.ts";
import { checkPython, type PythonRunners } from "../python.ts";
import type { TrainerBackend, TrainRequest } from "./backend.ts";
import { computeOf } from "../compute.ts";

/** How long it may finish what it writes after it is told to stop, in ms. A torn checkpoint is never announced. */
const GRACE_MS = 20_000;

/** Where an artifact keeps what LLaMA-Factory was given. */
const FOLDER = "llama_factory";

/**
 * Trains with LLaMA-Factory, in its own environment, as a Python job of the house. What it is given is kept beside what
 * it makes: dataset_info.json, the rows, and the YAML, all but the folders of the attempt.
 * @param house merges adapters, for whoever trained one, it is PEFT that makes it a checkpoint; and tries trainings: rows,
 *   labels and a step are looked at with TRL
 */
export function createFactoryTrainer(
  runners: PythonRunners,
  devices: readonly Device[],
  log: Logger,
  house: Pick<TrainerBackend, "merge" | "check" | "job">,
): TrainerBackend {
  return {
    async train(request, { signal, silenceMs, onEvent }) {
      const own = ownRunners(runners);
      const folder = join(request.output, FOLDER);
      await writeGiven(request, folder);
      const told = { ...request, given: folder, ...computeOf(devices) };
      const args = ["-m", "runners.llama_factory"];
      const program = { name: "LLaMA-Factory", command: own.python, args, cwd: own.cwd, env: own.env };
      return runJob({ ...program, graceMs: GRACE_MS, log, silenceMs, onEvent, request: told }, signal);
    },
    merge: (request, options) => house.merge(request, options),
    check: (request, options) => house.check(request, options),
    job: (module, request, options) => house.job(module, request, options),
  };
}

/** @throws {StepFailure} BadInput when its environment was not made */
function ownRunners(runners: PythonRunners): PythonRunners {
  const own = { ...runners, python: join(runners.cwd, "..", ".tools", "llama-factory", "bin", "python") };
  try {
    checkPython(own);
  } catch (cause) {
    const sentence = `The environment of LLaMA-Factory (${own.python}) is missing; run "make llama-factory" in the project.`;
    throw new StepFailure("BadInput", sentence, { cause });
  }
  return own;
}

async function writeGiven(request: TrainRequest, folder: string): Promise<void> {
  const rows = await readJson<SftRow[]>(request.data);
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "dataset_info.json"), DATASET_INFO);
  await writeJson(join(folder, `${DATASET}.json`), rows.map(sharegpt));
  const yaml = stringify(factoryYaml(request.settings as unknown as FactorySettings, request));
  const head = "# Added to it: the folders of the attempt, the checkpoint's template, the data set and the seed.\n";
  await writeFile(join(folder, "train.yaml"), head + yaml);
}

/** A row as LLaMA-Factory reads it: one marker for each image, before the text, as the model sees it when it answers. */
function sharegpt({ image, system, prompt, answer }: SftRow): object {
  const asked = prompt.startsWith(IMAGE_MARKER) ? prompt : IMAGE_MARKER.repeat(image.length) + prompt;
  return {
    messages: [
      ...(system ? [{ role: "system", content: system }] : []),
      { role: "user", content: asked },
      { role: "assistant", content: answer },
    ],
    images: image,
  };
}

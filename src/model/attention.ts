import { execa } from "execa";
import type { DeviceSpec } from "../device/devices.ts";
import { StepFailure } from "../failure.ts";
import type { Recipe } from "../recipe/pipelines/index.ts";
import type { PythonRunners } from "./python.ts";

const FLASH = "flash_attention_2";
const SERVED = ["planner", "critic", "evaluator"] as const;
/** Milliseconds: Python looks for a package in less than a tenth of a second, and loads nothing. */
const LOOK_MS = 30_000;
const PROGRAM = "import importlib.util as look; print(look.find_spec('flash_attn') is not None)";

/**
 * Flash attention is a package of its own, and for GPUs alone. The critic's would be found missing only once the
 * planner has sampled and the executor has drawn.
 * @throws {StepFailure} BadInput, one sentence
 */
export async function checkAttention(
  recipe: Pick<Recipe, (typeof SERVED)[number]>,
  devices: readonly DeviceSpec[],
  runners: PythonRunners,
): Promise<void> {
  const who = SERVED.find(
    (role) => recipe[role].backend === "transformers" && recipe[role].attn_implementation === FLASH,
  );
  if (who === undefined) return;
  if (devices.every((device) => device.kind === "cpu")) {
    throw new StepFailure(
      "BadInput",
      `${who}.attn_implementation is ${FLASH}, which needs a GPU, and this host works on its CPU; use sdpa.`,
    );
  }
  const { stdout } = await execa(runners.python, ["-c", PROGRAM], { reject: false, timeout: LOOK_MS });
  if (stdout.trim() === "True") return;
  throw new StepFailure(
    "BadInput",
    `${who}.attn_implementation is ${FLASH}, but the package flash-attn is not in the environment of ${runners.python}; install it there, or use sdpa.`,
  );
}

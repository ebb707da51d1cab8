import { execa } from "execa";
import type { DeviceSpec } from "../device/devices.ts";
import { StepFailure } from "../failure.ts";
import type { PythonRunners } from "./python.ts";

const FLASH = "flash_attention_2";
/** Milliseconds: Python looks for a package in less than a tenth of a second, and loads nothing. */
const LOOK_MS = 30_000;
const PROGRAM = "import importlib.util as look; print(look.find_spec('flash_attn') is not None)";

/** A model as a recipe names it. */
export interface Served {
  /** The recipe's block. */
  readonly who: string;
  readonly backend: string;
  readonly attention?: string | undefined;
}

/**
 * Flash attention is a package of its own, and for GPUs alone. The model that is served last would be found without it
 * only once the others have worked.
 * @throws {StepFailure} BadInput, one sentence
 */
export async function checkAttention(
  models: readonly Served[],
  devices: readonly DeviceSpec[],
  runners: PythonRunners,
): Promise<void> {
  const who = models.find(({ backend, attention }) => backend === "transformers" && attention === FLASH)?.who;
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

import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { StepFailure } from "../failure.ts";

/** How a Python runner is started: the project's own environment, and the folder its modules are in. */
export interface PythonRunners {
  readonly python: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The command that makes its environment; "make setup" when absent. */
  readonly made?: string;
}

/** The runners of this installation. Their Python is looked for when one is started: simulated roles need none. */
export function projectRunners(): PythonRunners {
  const home = fileURLToPath(new URL("../../", import.meta.url));
  return {
    python: process.env["SNOWBALL_PYTHON"] ?? `${home}.venv/bin/python`,
    cwd: `${home}python`,
    // Sets in saved configurations are ordered by hash: without a fixed seed, equal adapters differ in their bytes.
    env: {
      PYTHONPATH: `${home}python`,
      PYTHONHASHSEED: "0",
      PYTHONUNBUFFERED: "1",
      TOKENIZERS_PARALLELISM: "false",
      // Set by some systems; without compiled modules every start of a runner costs seconds more.
      PYTHONDONTWRITEBYTECODE: "",
    },
  };
}

/** Python of the environment with MLX, which is installed when it is first wanted (`make mlx`). */
export function mlxPython(): string {
  return process.env["SNOWBALL_MLX_PYTHON"] ?? fileURLToPath(new URL("../../.tools/mlx/bin/python", import.meta.url));
}

/** The same runners in the environment with vLLM, which is installed when it is first wanted (`make vllm`). */
export function vllmRunners(runners: PythonRunners): PythonRunners {
  const own = fileURLToPath(new URL("../../.tools/vllm/bin/python", import.meta.url));
  return { ...runners, python: process.env["SNOWBALL_VLLM_PYTHON"] ?? own, made: "make vllm" };
}

/** The same runners in the environment with the trackers, which is installed when it is first wanted (`make trackers`). */
export function trackerRunners(runners: PythonRunners): PythonRunners {
  const own = fileURLToPath(new URL("../../.tools/trackers/bin/python", import.meta.url));
  return { ...runners, python: process.env["SNOWBALL_TRACKERS_PYTHON"] ?? own, made: "make trackers" };
}

/** @throws {StepFailure} BadInput when set-up did not make the environment, or it is closed to this user */
export function checkPython({ python }: Pick<PythonRunners, "python">, made = "make setup"): void {
  try {
    accessSync(python, constants.X_OK);
  } catch (error) {
    const isDenied = (error as NodeJS.ErrnoException).code === "EACCES";
    throw new StepFailure(
      "BadInput",
      isDenied
        ? `This user may not run ${python}, or what it links to lies in another user's folder; run "${made}" in a clone of this user's own.`
        : `The Python environment ${python} is missing; run "${made}" in the project.`,
      { cause: error },
    );
  }
}

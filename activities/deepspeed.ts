import { join } from "node:path";
import { readJson } from "../src/artifact/files.ts";
import { StepFailure } from "../src/failure.ts";
import { ZERO_STAGES } from "../src/training/common.ts";

/**
 * What a recipe's `training.deepspeed` stands for: the name of a ZeRO stage, the configuration that its file holds, or
 * null. The file's content, not its name, determines a training.
 * @throws {StepFailure} BadInput when the file cannot be read, or is no JSON object
 */
export async function deepspeedOf(root: string, wanted: string | undefined): Promise<unknown> {
  if (wanted === undefined) return null;
  if ((ZERO_STAGES as readonly string[]).includes(wanted)) return wanted;
  const refuse = (cause?: unknown): StepFailure =>
    new StepFailure(
      "BadInput",
      `training.deepspeed "${wanted}" is neither ${ZERO_STAGES.join(", ")} nor a file with a JSON object in it.`,
      { cause },
    );
  const config = await readJson<unknown>(join(root, wanted)).catch((cause: unknown) => {
    throw refuse(cause);
  });
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw refuse();
  return config;
}

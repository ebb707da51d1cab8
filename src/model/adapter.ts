import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestFolder } from "../artifact/digest.ts";
import { isMissing } from "../artifact/disk.ts";
import { StepFailure } from "../failure.ts";
import { readTensors } from "./weights.ts";

/** What PEFT calls the two files of an adapter. */
export const ADAPTER_CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";

/**
 * Digest of a LoRA adapter as a recipe names it: of its folder's files, or, for a simulated one, of its name.
 * @throws {StepFailure} BadInput when the folder holds no whole adapter
 */
export async function adapterDigest(who: string, backend: string, root: string, adapter: string): Promise<string> {
  if (backend === "simulated") return createHash("sha256").update(`simulated adapter ${adapter}`).digest("hex");
  await checkAdapter(who, backend, root, adapter);
  return digestFolder(join(root, adapter));
}

/**
 * Looks at an adapter's folder without loading it. Whether it fits its base is found out when it is loaded: the names of
 * modules and those of a checkpoint's tensors are not the same.
 * @param who the recipe's block
 * @throws {StepFailure} BadInput, one sentence
 */
export async function checkAdapter(who: string, backend: string, root: string, adapter: string): Promise<void> {
  if (backend === "simulated") return;
  const problem = await problemOf(join(root, adapter));
  if (problem !== undefined) throw new StepFailure("BadInput", `${who}.adapter "${adapter}" ${problem}.`);
}

async function problemOf(folder: string): Promise<string | undefined> {
  try {
    const { peft_type: kind } = JSON.parse(await readFile(join(folder, ADAPTER_CONFIG), "utf8")) as {
      peft_type?: unknown;
    };
    if (kind !== "LORA") return `is of type ${JSON.stringify(kind ?? null)}; LoRA adapters are supported`;
    const tensors = await adapterTensors(folder);
    return typeof tensors === "string" ? `is not complete: ${WEIGHTS} ${tensors}` : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return `has an ${ADAPTER_CONFIG} that is not JSON; fetch the adapter again`;
    if (isMissing(error)) return `is no adapter: ${ADAPTER_CONFIG} and ${WEIGHTS} are needed, as PEFT writes them`;
    throw error;
  }
}

/** The tensors of an adapter that is whole. */
export function adapterTensors(folder: string): ReturnType<typeof readTensors> {
  return readTensors(join(folder, WEIGHTS));
}

/** The highest rank in an adapter: modules may have their own. */
export async function adapterRank(folder: string): Promise<number> {
  const config = JSON.parse(await readFile(join(folder, ADAPTER_CONFIG), "utf8")) as {
    r: number;
    rank_pattern?: Record<string, number>;
  };
  return Math.max(config.r, ...Object.values(config.rank_pattern ?? {}));
}

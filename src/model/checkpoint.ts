import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { digestFolder } from "../artifact/digest-folder.ts";
import { StepFailure } from "../failure.ts";

/**
 * Digest of a model as a recipe names it: of its folder's files, or, for a simulated one, of its name.
 * @throws {StepFailure} BadInput when the folder holds no checkpoint
 */
export async function modelDigest(who: string, backend: string, root: string, model: string): Promise<string> {
  if (backend === "simulated") return createHash("sha256").update(`simulated ${model}`).digest("hex");
  const folder = join(root, model);
  await access(join(folder, "config.json")).catch((cause: unknown) => {
    throw new StepFailure("BadInput", `${who}.model "${model}" has no config.json; name the folder of a checkpoint.`, {
      cause,
    });
  });
  return digestFolder(folder);
}

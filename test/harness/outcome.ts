import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunResult } from "../../src/contract/progress.ts";

/**
 * Everything that two runs must have in common: the result and every manifest in the store, byte for byte. Checkpoints
 * of a training are not results: they remember how long the process that saved them took.
 */
export interface Outcome {
  readonly result: Omit<RunResult, "folder">;
  readonly manifests: Readonly<Record<string, string>>;
}

export function outcomeOf(root: string, { folder, ...rest }: RunResult): Outcome {
  // The folder's name has the time of the run in it.
  const files = Object.entries(rest.files).map(([what, path]) => [what, path.replace(`${folder}/`, "")] as const);
  const result = { ...rest, files: Object.fromEntries(files) };
  const artifacts = join(root, ".snowball/store/artifacts");
  const manifests = readdirSync(artifacts, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("manifest.json") && !name.startsWith("checkpoint/"))
    .toSorted()
    .map((name) => [name, readFileSync(join(artifacts, name), "utf8")] as const);
  return { result, manifests: Object.fromEntries(manifests) };
}

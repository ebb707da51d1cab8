import { join } from "node:path";
import { readTensors } from "./weights.ts";
import { readObject } from "./read-object.ts";

/** Weights in the older format, which can run programs when they are read. */
const PICKLED = /^(?:pytorch_model|diffusion_pytorch_model).*\.bin(?:\.index\.json)?$/;

/**
 * What is wrong with the weights of a folder: the file of this name, and every shard that an index of this name names,
 * which are all that is loaded. Each has to be there, and as long as its head says.
 * @param stem what the loading library calls weights, without an ending
 */
export async function weightsProblem(
  folder: string,
  files: ReadonlySet<string>,
  stem: string,
): Promise<string | undefined> {
  const index = `${stem}.safetensors.index.json`;
  const named = await shardsOf(folder, files, index);
  if (typeof named === "string") return named;
  const shards = [...named, ...(files.has(`${stem}.safetensors`) ? [`${stem}.safetensors`] : [])];
  if (shards.length === 0) return noWeights(files, stem);
  for (const shard of shards.toSorted()) {
    if (!files.has(shard)) return `is not complete: ${shard}, which ${index} names, is missing`;
    const tensors = await readTensors(join(folder, shard));
    if (typeof tensors === "string") return `is not complete: ${shard} ${tensors}`;
  }
  return undefined;
}

async function shardsOf(folder: string, files: ReadonlySet<string>, index: string): Promise<string[] | string> {
  if (!files.has(index)) return [];
  const weightMap = (await readObject(join(folder, index)))?.["weight_map"];
  if (typeof weightMap !== "object" || weightMap === null) return `is not complete: ${index} is torn`;
  return [...new Set(Object.values(weightMap as Record<string, string>))];
}

function noWeights(files: ReadonlySet<string>, stem: string): string {
  const pickled = [...files].toSorted().find((name) => PICKLED.test(name));
  const other = [...files].toSorted().find((name) => name.endsWith(".safetensors"));
  const wanted = `${stem}.safetensors (or its index) is needed`;
  if (pickled !== undefined) return `has its weights as ${pickled} alone; ${wanted}: save it again with transformers`;
  return other === undefined
    ? `has no weights: ${wanted}`
    : `has no weights that are loaded: ${other} is there, but ${wanted}`;
}

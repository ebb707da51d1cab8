import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestFolder } from "../artifact/digest-folder.ts";
import { isMissing } from "../artifact/durable.ts";
import { StepFailure } from "../failure.ts";
import { readTensors } from "./weights.ts";

/** Architectures that the Python runners know, as config.json calls them. */
const MODEL_TYPES = ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe"];

/** Files without which a checkpoint does not load; of each group one is enough. */
const NEEDED: readonly (readonly string[])[] = [
  ["tokenizer.json", "vocab.json"],
  ["preprocessor_config.json", "processor_config.json"],
];
/** An image editor's checkpoint, as diffusers lays it out: an index, and a folder with weights for each part. */
const EDITOR = {
  index: "model_index.json",
  pipeline: "Flux2KleinPipeline",
  parts: ["transformer", "vae", "text_encoder"],
};
/** What the export for onnxruntime adds. */
const ONNX = ["model.onnx", "grid.json"];

/**
 * Digest of a model as a recipe names it: of its folder's files, or, for a simulated one, of its name.
 * @throws {StepFailure} BadInput when the folder holds no whole checkpoint of a known kind
 */
export async function modelDigest(who: string, backend: string, root: string, model: string): Promise<string> {
  if (backend === "simulated") return createHash("sha256").update(`simulated ${model}`).digest("hex");
  await checkModel(who, backend, root, model);
  return digestFolder(join(root, model));
}

/**
 * Looks at a model's folder without loading it: is the checkpoint there, whole, and of a kind that the backend knows?
 * @param who the recipe's block: planner, executor, critic, evaluator
 * @throws {StepFailure} BadInput, one sentence
 */
export async function checkModel(who: string, backend: string, root: string, model: string): Promise<void> {
  if (backend === "simulated") return;
  const problem = await problemOf(backend, join(root, model));
  if (problem !== undefined) throw new StepFailure("BadInput", `${who}.model "${model}" ${problem}.`);
}

async function problemOf(backend: string, folder: string): Promise<string | undefined> {
  const files = await namesIn(folder);
  if (files === undefined) return "does not exist; name the folder of a checkpoint, relative to the root";
  if (backend === "flux2-klein") return editorProblem(folder, files);
  if (!files.has("config.json")) return "has no config.json; name the folder of a checkpoint";
  const config = await readObject(join(folder, "config.json"));
  if (config === undefined) return "has a config.json that is not JSON; fetch the checkpoint again";
  if (backend === "onnx") {
    const exported = (await namesIn(join(folder, "onnx"))) ?? new Set();
    const missing = ONNX.find((name) => !exported.has(name));
    return missing && `has no onnx/${missing}; the onnx backend needs an exported graph`;
  }
  const kind = config["model_type"];
  if (typeof kind !== "string" || !MODEL_TYPES.includes(kind)) {
    return `is of type ${JSON.stringify(kind ?? null)}; ${MODEL_TYPES.join(", ")} are supported`;
  }
  const lacking = NEEDED.find((names) => !names.some((name) => files.has(name)));
  if (lacking) return `is not complete: ${lacking.join(" or ")} is missing`;
  return weightsProblem(folder, files);
}

async function editorProblem(folder: string, files: ReadonlySet<string>): Promise<string | undefined> {
  if (!files.has(EDITOR.index)) return `has no ${EDITOR.index}; name the folder of a FLUX.2 klein checkpoint`;
  const kind = (await readObject(join(folder, EDITOR.index)))?.["_class_name"];
  if (kind !== EDITOR.pipeline) {
    return `holds a ${JSON.stringify(kind ?? null)}; a FLUX.2 klein checkpoint (${EDITOR.pipeline}) is needed`;
  }
  for (const part of EDITOR.parts) {
    const names = await namesIn(join(folder, part));
    const problem = names ? await weightsProblem(join(folder, part), names) : "is not complete: its folder is missing";
    if (problem !== undefined) return `${problem} (${part})`;
  }
  return undefined;
}

/** Every shard that the index names, or every safetensors file there is: present, and as long as its head says. */
async function weightsProblem(folder: string, files: ReadonlySet<string>): Promise<string | undefined> {
  const index = [...files].find((name) => name.endsWith(".safetensors.index.json"));
  const weightMap = index === undefined ? undefined : (await readObject(join(folder, index)))?.["weight_map"];
  if (index !== undefined && !weightMap) return `is not complete: ${index} is torn`;
  const shards = weightMap
    ? [...new Set(Object.values(weightMap as Record<string, string>))]
    : [...files].filter((name) => name.endsWith(".safetensors"));
  if (shards.length === 0) return "has no weights: a *.safetensors file is needed";
  for (const shard of shards.toSorted()) {
    if (!files.has(shard)) return `is not complete: ${shard}, which ${index} names, is missing`;
    const tensors = await readTensors(join(folder, shard));
    if (typeof tensors === "string") return `is not complete: ${shard} ${tensors}`;
  }
  return undefined;
}

async function namesIn(folder: string): Promise<Set<string> | undefined> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readObject(file: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

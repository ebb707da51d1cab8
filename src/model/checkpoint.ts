import { createHash } from "node:crypto";
import { join } from "node:path";
import { digestFolder } from "../artifact/digest.ts";
import { StepFailure } from "../failure.ts";
import { ADAPTER_CONFIG } from "./adapter.ts";
import { fileProblem, namesIn } from "./checkpoint-files.ts";
import { weightsProblem } from "./checkpoint-weights.ts";
import { quantisedProblem } from "./quantised.ts";
import { readObject } from "./read-object.ts";

/** Architectures that the Python runners know, as config.json calls them. */
const MODEL_TYPES = ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe"];

/** Files without which a checkpoint does not load; of each group one is enough. */
const NEEDED: readonly (readonly string[])[] = [
  ["tokenizer.json", "vocab.json"],
  ["preprocessor_config.json", "processor_config.json"],
];
/** Files in which a processor looks for its chat template; a tokenizer's own is not its. */
const TEMPLATES = ["chat_template.jinja", "chat_template.json"];
/**
 * An image editor's checkpoint, as diffusers lays it out: an index, and a folder for each part; those with weights have
 * the name that these have.
 */
const EDITOR = {
  index: "model_index.json",
  pipeline: "Flux2KleinPipeline",
  parts: {
    transformer: "diffusion_pytorch_model",
    vae: "diffusion_pytorch_model",
    text_encoder: "model",
    tokenizer: null,
  },
};
/** What the export for onnxruntime adds. */
const ONNX = ["model.onnx", "grid.json"];
/** CLIP, which embeds pictures and texts: what it is called, what it needs, and its two halves as graphs. */
const CLIP = {
  type: "clip",
  needed: [["tokenizer.json", "vocab.json"], ["preprocessor_config.json"]],
  halves: ["vision_model.onnx", "text_model.onnx"],
};

/** What a recipe names a model for. */
export interface ModelUse {
  /** The recipe's field: "planner.model". */
  readonly field: string;
  readonly backend: string;
  /** Is it trained, too, and merged? */
  readonly trained?: boolean;
}

/**
 * Digest of a model as a recipe names it: of its folder's files, or, for a simulated one, of its name.
 * @throws {StepFailure} BadInput when the folder holds no whole checkpoint of a known kind
 */
export async function modelDigest(use: ModelUse, root: string, model: string): Promise<string> {
  if (use.backend === "simulated") return createHash("sha256").update(`simulated ${model}`).digest("hex");
  await checkModel(use, root, model);
  return digestFolder(join(root, model));
}

/**
 * Looks at a model's folder without loading it: is the checkpoint there, whole, and of a kind that the backend knows?
 * @throws {StepFailure} BadInput, one sentence
 */
export async function checkModel(use: ModelUse, root: string, model: string): Promise<void> {
  if (use.backend === "simulated") return;
  const problem = await problemOf(use, join(root, model));
  if (problem !== undefined) throw new StepFailure("BadInput", `${use.field} "${model}" ${problem}.`);
}

async function problemOf({ backend, trained = false }: ModelUse, folder: string): Promise<string | undefined> {
  const files = await namesIn(folder);
  if (files === undefined) return "does not exist; name the folder of a checkpoint, relative to the root";
  const broken = await fileProblem(folder, files);
  if (broken !== undefined) return broken;
  if (backend === "flux2-klein") return editorProblem(folder, files);
  if (!files.has("config.json")) {
    return files.has(ADAPTER_CONFIG)
      ? "is an adapter, and no checkpoint; merge it into its base first"
      : "has no config.json; name the folder of a checkpoint";
  }
  const config = await readObject(join(folder, "config.json"));
  if (config === undefined) return "has a config.json that is not JSON; fetch the checkpoint again";
  if (backend === "clip" || backend === "clip-onnx") return clipProblem(backend, folder, files, config);
  if (backend === "onnx") {
    const exported = (await namesIn(join(folder, "onnx"))) ?? new Set();
    const missing = ONNX.find((name) => !exported.has(name));
    return missing && `has no onnx/${missing}; the onnx backend needs an exported graph`;
  }
  return vlmProblem(trained, folder, files, config);
}

async function clipProblem(
  backend: "clip" | "clip-onnx",
  folder: string,
  files: ReadonlySet<string>,
  config: Record<string, unknown>,
): Promise<string | undefined> {
  const kind = config["model_type"];
  if (kind !== CLIP.type)
    return `is of type ${JSON.stringify(kind ?? null)}; a CLIP checkpoint (${CLIP.type}) is needed`;
  const lacking = CLIP.needed.find((names) => !names.some((name) => files.has(name)));
  if (lacking) return `is not complete: ${lacking.join(" or ")} is missing`;
  if (backend === "clip") return weightsProblem(folder, files, "model");
  const exported = (await namesIn(join(folder, "onnx"))) ?? new Set();
  const missing = CLIP.halves.find((name) => !exported.has(name));
  return missing && `has no onnx/${missing}; the clip-onnx backend needs both halves exported, with their projections`;
}

async function vlmProblem(
  trained: boolean,
  folder: string,
  files: ReadonlySet<string>,
  config: Record<string, unknown>,
): Promise<string | undefined> {
  const kind = config["model_type"];
  if (typeof kind !== "string" || !MODEL_TYPES.includes(kind)) {
    return `is of type ${JSON.stringify(kind ?? null)}; ${MODEL_TYPES.join(", ")} are supported`;
  }
  // transformers would apply it to the weights beside it, or load the base that it names in their place.
  if (files.has(ADAPTER_CONFIG)) {
    return `has an ${ADAPTER_CONFIG} beside its weights, which would be applied to them without a word; move the adapter to a folder of its own, or merge it`;
  }
  const lacking = NEEDED.find((names) => !names.some((name) => files.has(name)));
  if (lacking) return `is not complete: ${lacking.join(" or ")} is missing`;
  return (
    (await templateProblem(folder, files)) ??
    (await quantisedProblem(trained, config)) ??
    (await weightsProblem(folder, files, "model"))
  );
}

async function templateProblem(folder: string, files: ReadonlySet<string>): Promise<string | undefined> {
  if (TEMPLATES.some((name) => files.has(name))) return undefined;
  const of = async (name: string): Promise<unknown> =>
    files.has(name) ? (await readObject(join(folder, name)))?.["chat_template"] : undefined;
  if (await of("processor_config.json")) return undefined;
  const elsewhere = (await of("tokenizer_config.json"))
    ? "tokenizer_config.json has one, but the processor does not look there"
    : "none is there";
  return `has no chat template (${elsewhere}); ${TEMPLATES.join(" or ")} is needed`;
}

async function editorProblem(folder: string, files: ReadonlySet<string>): Promise<string | undefined> {
  if (!files.has(EDITOR.index)) return `has no ${EDITOR.index}; name the folder of a FLUX.2 klein checkpoint`;
  const kind = (await readObject(join(folder, EDITOR.index)))?.["_class_name"];
  if (kind !== EDITOR.pipeline) {
    return `holds a ${JSON.stringify(kind ?? null)}; a FLUX.2 klein checkpoint (${EDITOR.pipeline}) is needed`;
  }
  for (const [part, weights] of Object.entries(EDITOR.parts)) {
    const problem = await partProblem(join(folder, part), weights);
    if (problem !== undefined) return `${problem} (${part})`;
  }
  return undefined;
}

async function partProblem(folder: string, weights: string | null): Promise<string | undefined> {
  const names = await namesIn(folder);
  if (names === undefined) return "is not complete: its folder is missing";
  const broken = await fileProblem(folder, names);
  return broken ?? (weights === null ? undefined : weightsProblem(folder, names, weights));
}

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { StepFailure } from "../failure.ts";
import { readObject } from "./read-object.ts";

/** Tokens around an image: where it begins and where it ends. */
const AROUND_IMAGE = 2;

/** How long a prompt of a vision-language model may be, and how long its parts are. */
export interface Context {
  /** Tokens that the model's positions reach to, prompt and answer together. */
  readonly limit: number;
  /** Tokens of a text; its bytes, which are more, where the checkpoint has no tokenizer.json. */
  textTokens(text: string): number;
  /** Tokens of an image at most, with what stands around it. */
  imageTokens(maxPixels: number): number;
}

/**
 * Reads it from a checkpoint's folder, without loading the model.
 * @throws {StepFailure} BadInput where config.json does not say how images become tokens
 */
export async function openContext(folder: string): Promise<Context> {
  const config = (await readObject(join(folder, "config.json"))) ?? {};
  const text = (config["text_config"] ?? config) as Readonly<Record<string, unknown>>;
  const vision = (config["vision_config"] ?? {}) as Readonly<Record<string, unknown>>;
  const limit = text["max_position_embeddings"] ?? config["max_position_embeddings"];
  const side = Number(vision["patch_size"]) * Number(vision["spatial_merge_size"] ?? 2);
  if (typeof limit !== "number" || !Number.isFinite(side)) {
    throw new StepFailure(
      "BadInput",
      `${join(folder, "config.json")} does not say max_position_embeddings and vision_config.patch_size; fetch it again.`,
    );
  }
  const file = join(folder, "tokenizer.json");
  const tokenizer = existsSync(file) ? new Tokenizer(JSON.parse(await readFile(file, "utf8")), {}) : null;
  return {
    limit,
    textTokens: (said) => tokenizer?.encode(said).ids.length ?? Buffer.byteLength(said),
    imageTokens: (maxPixels) => Math.floor(maxPixels / side ** 2) + AROUND_IMAGE,
  };
}
